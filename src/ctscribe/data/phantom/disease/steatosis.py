"""Fatty liver: the whole organ is darker than it should be, darker than the spleen."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import averaged, graded
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding

PLAIN_HU = ((30.0, 40.0), (15.0, 30.0), (0.0, 15.0))
"""Attenuation without contrast, by severity; below 40 HU there is at least 30 % fat (Boyce, AJR 194 (2010) 623–628)."""
NORMAL_HU = 56.0
SEVERITIES = ("mild", "moderate", "severe")
LEAST_ML = 60.0
VESSEL_EXCESS_HU = 35.0
"""Voxels so much brighter than the liver are vessels, which keep their attenuation and so stand out the more."""


def draw_hepatic_steatosis(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Lower the liver to 0–40 HU, with contrast by as much as without; ``liver_hu`` is the mean of its free voxels.

    The less conspicuous the level, the nearer to the upper end of the severity's range.
    """
    window = canvas.window("liver", margin_mm=4.0)
    if window is None:
        return
    liver = canvas.mask("liver", window=window)
    mask = liver & canvas.free(window)
    if np.count_nonzero(mask) * math.prod(canvas.spacing) < LEAST_ML * 1000:
        return
    degree = graded(level, rng)
    low, high = PLAIN_HU[degree]
    plain = high - (high - low) * level.conspicuity * rng.uniform(0.1, 1)
    there = canvas.hu[window]
    mean = float(there[mask].mean(dtype=np.float64))
    usual = mean if canvas.phase == "none" else NORMAL_HU
    weight = averaged(liver.astype(np.float32), (1, 3, 3))
    vessel = np.clip((there - np.float32(mean + VESSEL_EXCESS_HU)) / np.float32(30), 0, 1)
    uneven = 1 + np.float32(0.06) * smooth_noise(rng, there.shape, canvas.spacing, 40.0)
    weight = np.where(liver, np.maximum(weight, np.float32(0.6)), 0) * (1 - vessel) * canvas.free(window)
    drop = (plain - usual) * float(mask.sum()) / max(float(weight.sum(dtype=np.float64)), 1.0)
    there += np.float32(drop) * weight * uneven
    canvas.add(
        PhantomFinding(
            "hepatic_steatosis",
            ("liver",),
            attributes={"severity": SEVERITIES[degree]},
            measures={"liver_hu": float(there[mask].mean(dtype=np.float64))},
        ),
        window,
        mask,
    )
