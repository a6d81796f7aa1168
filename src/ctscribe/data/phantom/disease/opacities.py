"""Consolidation and ground-glass opacity."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import add_haze, dense_hu, fill
from ctscribe.data.phantom.disease.bronchial_tree import grown_airways
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.shares import tube_shares
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.disease.zones import patches, ragged, rim, segment
from ctscribe.data.phantom.level import Level

Field = Float32[np.ndarray, "z y x"]

HAZE_HU = (220.0, 380.0)
"""What ground-glass adds to the lung at full conspicuity."""

LEAST_VOXELS = 8
"""A zone smaller than this cannot be seen for what it is."""

LEAST_AIR = 12
"""An air bronchogram of fewer dark voxels is none."""


def draw_consolidation(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Airspace filling: patches in one to three lobes, a segment, or most of a lobe, with or without air bronchograms.

    It is soft toward healthy lung, ends sharply at fissure and pleura, and keeps a hint of its vessels.
    """
    extent = ("patchy", "segmental", "lobar")[graded(level, rng)]
    count = int(rng.integers(1, 4)) if extent == "patchy" else 1
    chosen = rng.permutation(len(LOBES))[:count]
    lungs = Lungs.of(canvas, *(LOBES[int(i)] for i in chosen))
    if lungs is None:
        return
    weight = _consolidated(lungs, level, rng, extent, count) * lungs.open
    mask = weight >= 0.5
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return
    hu = dense_hu(level, rng) + smooth_noise(rng, lungs.shape, lungs.spacing, 9.0) * np.float32(14)
    air = _bronchogram(lungs, rng, mask) if extent != "patchy" and rng.random() < 0.7 else None
    bronchogram = air is not None and np.count_nonzero(air[mask] > 0.4) >= LEAST_AIR
    if air is not None and bronchogram:
        hu += (np.float32(-870) - hu) * air
    fill(lungs.hu, weight, hu)
    lungs.record("consolidation", mask, attributes={"extent": extent, "bronchogram": "yes" if bronchogram else "no"})


def draw_ground_glass(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Haze that vessels stay visible in: patches, a rim under the pleura, or most of both lungs."""
    pattern = ("patchy", "peripheral", "diffuse")[graded(level, rng)]
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    weight = _hazy(lungs, rng, pattern)
    mask = (weight >= 0.5) & lungs.open
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return
    weight *= lungs.open_to("septal_thickening")  # lines stay visible in haze
    hu = (HAZE_HU[0] + (HAZE_HU[1] - HAZE_HU[0]) * rng.random()) * level.conspicuity
    texture = 1 + np.float32(0.14) * smooth_noise(rng, lungs.shape, lungs.spacing, 14.0)
    add_haze(lungs.hu, weight * np.clip(texture, 0.6, 1.4), hu)
    lungs.record("ground_glass", mask, attributes={"pattern": pattern})


def _consolidated(lungs: Lungs, level: Level, rng: np.random.Generator, extent: str, lobes: int) -> Field:
    small = level.conspicuity  # the less there is to see, the smaller it is
    if extent == "patchy":
        depth = patches(lungs, rng, lobes * int(rng.integers(1, 4)), (12 * small, 26 * small))
        return ragged(lungs, rng, depth, edge_mm=11.0, rough_mm=6.0)
    depth = segment(lungs, rng, (0.35 if extent == "segmental" else 1.1) * small)
    if depth is None:
        return np.zeros(lungs.shape, np.float32)
    return ragged(lungs, rng, depth, edge_mm=11.0, rough_mm=6.0)


def _bronchogram(lungs: Lungs, rng: np.random.Generator, mask: np.ndarray) -> Field:
    """Air in the airways that run through a consolidation."""
    airways = grown_airways(lungs, rng, mask, 3.0, forks=4, step_mm=14.0)
    return tube_shares([branch.tube for branch in airways], lungs.shape, lungs.spacing)


def _hazy(lungs: Lungs, rng: np.random.Generator, pattern: str) -> Field:
    if pattern == "patchy":
        depth = patches(lungs, rng, int(rng.integers(2, 8)), (10.0, 28.0))
        return ragged(lungs, rng, depth, edge_mm=9.0, rough_mm=5.0)
    if pattern == "peripheral":
        return ragged(lungs, rng, rim(lungs, 14 + 10 * rng.random()), edge_mm=9.0, rough_mm=6.0)
    depth = np.full(lungs.shape, 6.0, np.float32)
    return ragged(lungs, rng, depth, edge_mm=14.0, rough_mm=6.0)
