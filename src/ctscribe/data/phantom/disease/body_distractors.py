"""Everything outside the lung that looks like a finding and is none."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.bone_distractors import draw_bone_island, draw_cartilage_calcification
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.mediastinal_distractors import (
    draw_dense_contrast,
    draw_pericardial_recess,
    draw_small_nodes,
    draw_thymic_remnant,
)
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.pleural_effusion import crescent, pleural_cavity
from ctscribe.data.phantom.disease.soft_tissue import averaged, lungs_give_way, soft_edge
from ctscribe.data.phantom.disease.wires import centreline, filled_share, window_along
from ctscribe.data.phantom.level import Level

FAT_HU, AIR_HU = -100.0, -920.0
LEAST_STOMACH_ML = 40.0


def draw_extrapleural_fat(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A band of fat inside the chest wall of both sides, which the lungs give way to: could pass for an effusion."""
    volume = rng.uniform(20, 55)
    for side in ("left", "right"):
        cavity = pleural_cavity(canvas, side)
        if cavity is None:
            continue
        shape = (len(cavity.floor), 1, cavity.floor.shape[1])
        ripple = 1 + np.float32(0.15) * smooth_noise(rng, shape, canvas.spacing, 30.0)[:, 0]
        depth = crescent(cavity, canvas, volume, ripple)
        room = cavity.space & canvas.free(cavity.window)
        canvas.blend(cavity.window, FAT_HU, soft_edge(depth, canvas.spacing[1]) * room)
        lungs_give_way(canvas, cavity.window, room & (depth >= 0))


def draw_oesophageal_gas(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Gas along a stretch of the oesophagus: could pass for a hernia."""
    course = centreline(canvas, "esophagus")
    length = round(rng.uniform(20, 60) / canvas.spacing[0])
    if len(course) < length + 4:
        return
    start = int(rng.integers(2, len(course) - length))
    stretch = course[start : start + length]
    window = window_along(canvas, stretch, 8.0)
    if window is None or len(stretch) < 2:
        return
    share = filled_share(window, stretch, rng.uniform(2.0, 4.0), canvas.spacing)
    inside = averaged(canvas.mask("esophagus", window=window).astype(np.float32), (1, 3, 3)) > 0
    canvas.blend(window, AIR_HU, share * (inside & canvas.free(window)))


def draw_gastric_gas(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A bubble in the front of the stomach, over a level of fluid: could pass for a hernia."""
    window = canvas.window("stomach")
    if window is None:
        return
    stomach = canvas.mask("stomach", window=window) & canvas.free(window)
    if np.count_nonzero(stomach) * math.prod(canvas.spacing) < LEAST_STOMACH_ML * 1000:
        return
    inner = (averaged(stomach.astype(np.float32), (1, 3, 3)) > 0.99).astype(np.float32)
    rows = np.flatnonzero(stomach.any(axis=(0, 2)))
    surface = float(rows[0] + (rows[-1] - rows[0]) * rng.uniform(0.15, 0.45))
    above = (np.float32(surface) - np.arange(stomach.shape[1], dtype=np.float32))[None, :, None] * np.float32(
        canvas.spacing[1]
    )
    weight = averaged(inner, (1, 3, 3)) * soft_edge(above, canvas.spacing[1])
    canvas.blend(window, AIR_HU, weight * stomach)


BODY_DISTRACTORS: Mapping[str, Disease] = {
    "dense contrast": draw_dense_contrast,
    "thymic remnant": draw_thymic_remnant,
    "pericardial recess": draw_pericardial_recess,
    "small lymph nodes": draw_small_nodes,
    "gas in the oesophagus": draw_oesophageal_gas,
    "gas in the stomach": draw_gastric_gas,
    "extrapleural fat": draw_extrapleural_fat,
    "calcified costal cartilage": draw_cartilage_calcification,
    "bone island": draw_bone_island,
}
"""What only looks like a finding: it changes the attenuation, and adds none."""
