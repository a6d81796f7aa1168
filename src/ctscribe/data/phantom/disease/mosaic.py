"""Mosaic attenuation: lobules that trap air beside lobules that do not."""

from __future__ import annotations

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import add_haze, rarefy
from ctscribe.data.phantom.disease.lobules import lobules
from ctscribe.data.phantom.disease.lungs import Lungs, side_of
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.level import Level

AREA_MM = 20.0

LOSS = 0.55
"""Share of its tissue that dark lung lacks at full conspicuity: -850 HU fall to some -930."""

GAIN_HU = 60.0
"""What the lung between them, which takes their blood, has more."""


def draw_mosaic_attenuation(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A patchwork of darker and normal areas with straight borders in both lungs; the mask are the darker ones."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    cells = lobules(rng, lungs.open, lungs.spacing, AREA_MM)
    # Neighbours go together now and then, so that the areas are geographic.
    liking = 0.7 * rng.standard_normal(cells.numbers)[cells.cell] + 0.9 * smooth_noise(
        rng, lungs.shape, lungs.spacing, 60.0
    )
    dark = (liking > 0.25 - 0.35 * rng.random()) & (cells.cell >= 0)
    mask = dark & (lungs.hu < -500)
    if not mask.any() or side_of(lungs.touched(mask)) != "both":
        return
    edge = smoothstep(cells.wall_mm / np.float32(2) + np.float32(0.5))
    rarefy(lungs.hu, np.where(dark, edge, 0).astype(np.float32), LOSS * level.conspicuity)
    add_haze(lungs.hu, np.where(dark, 0, edge).astype(np.float32) * (cells.cell >= 0), GAIN_HU * level.conspicuity)
    lungs.record("mosaic_attenuation", mask)
