"""Thickened interlobular septa."""

from __future__ import annotations

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import add_haze
from ctscribe.data.phantom.disease.emphysema import SEVERITIES
from ctscribe.data.phantom.disease.lobules import lobules
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.level import Level

LOBULE_MM = (14.0, 21.0)
LINE_HU = (260.0, 400.0)
"""What a septum of 1 to 2 mm adds to a voxel of 3 mm that it runs through."""

LEAST_VOXELS = 30


def draw_septal_thickening(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A network of thin lines around lobules, most of it low and under the pleura; the more severe the further in."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    severity = graded(level, rng)
    reach = (14.0, 24.0, 45.0)[severity] * (np.float32(1.5) - lungs.height)
    zone = reach + 6 * smooth_noise(rng, lungs.shape, lungs.spacing, 40.0) - lungs.depth
    zone = smoothstep(zone / np.float32(10) + np.float32(0.5)) * lungs.open_to("ground_glass")
    cells = lobules(rng, zone > 0, lungs.spacing, LOBULE_MM[0] + (LOBULE_MM[1] - LOBULE_MM[0]) * rng.random())
    width = np.float32(min(lungs.spacing))
    line = np.clip(np.float32(1) - cells.wall_mm / width, 0, 1) * (1 - np.float32(0.7) * cells.level)
    # Not every septum is thickened, the more so the milder the disease.
    spared = np.float32((0.55, 0.35, 0.2)[severity]) + np.float32(0.25) * smooth_noise(
        rng, lungs.shape, lungs.spacing, 20.0
    )
    line *= zone * (cells.cell >= 0) * np.clip(np.float32(1.6) - 2 * spared, 0, 1)
    mask = (line >= 0.5) & lungs.open
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return
    hu = (LINE_HU[0] + (LINE_HU[1] - LINE_HU[0]) * rng.random()) * level.conspicuity
    uneven = 1 + np.float32(0.25) * smooth_noise(rng, lungs.shape, lungs.spacing, 12.0)
    add_haze(lungs.hu, line * np.clip(uneven, 0.5, 1.5), hu)
    lungs.record("septal_thickening", mask, attributes={"severity": SEVERITIES[severity]})
