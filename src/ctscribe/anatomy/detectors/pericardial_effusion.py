"""Pericardial effusion: a water-like band along the heart."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ctscribe.anatomy.detectors.found import Found, Piece, certainty, gathered, thick_pieces
from ctscribe.anatomy.detectors.lung_field import LungField
from ctscribe.anatomy.distances import distance_to
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask

SOURCE = "embedded pericardial effusion detector"
FLUID_HU = (-5.0, 32.0)
REACH_MM = 25.0
HALF_THICKNESS_MM = 3.0
REGROWTH_MM = 3.0
SMALLEST_ML = 30.0
SMALLEST_CONTACT = 0.15
"""Share of the band's surroundings that is heart."""

THICKEST_SLICE_MM = 5.0


def find_pericardial_effusion(
    volume: CTVolume, labelmap: LabelMap, field: LungField, pleural: Mask | None
) -> Found | None:
    """Pericardial fluid on the volume's grid.

    ``None`` where it cannot be looked for: without a heart, where the heart's outline is only roughly right (its error
    is as thick as an effusion), where pleural fluid was not looked for, or in slices above 5 mm. Fluid in the recesses
    above the heart is missed.

    Parameters
    ----------
    volume, labelmap : the scan and its organs.
    field : the lungs with 40 mm around them, on a 2 mm grid.
    pleural : the pleural fluid on the volume's grid.
    """
    assessable = "heart" in labelmap.present - labelmap.approximate and volume.spacing[0] <= THICKEST_SLICE_MM
    if pleural is None or not assessable:
        return None
    heart = field.of(labelmap, "heart")
    # Above the heart's slices lies the mediastinum, below them the abdomen.
    beside = (distance_to(heart, field.steps) <= REACH_MM) & heart.any(axis=(1, 2), keepdims=True)
    smooth = ndimage.gaussian_filter(field.hu.astype(np.float32), 1.0)
    fluid = beside & (field.labels == 0) & ~field.sampled(pleural) & (smooth > FLUID_HU[0]) & (smooth < FLUID_HU[1])
    bands = []
    for band in thick_pieces(field, fluid, fluid, HALF_THICKNESS_MM, REGROWTH_MM):
        confidence = certainty(field.volume_ml(band), SMALLEST_ML)
        shell = ndimage.binary_dilation(band, iterations=2) & ~band
        if confidence is not None and (shell & heart).sum() >= SMALLEST_CONTACT * shell.sum():
            bands.append(Piece(field.whole, band, confidence))
    return gathered("pericardial_effusion", SOURCE, volume, field, bands)
