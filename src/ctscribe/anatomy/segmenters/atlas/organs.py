"""Soft organs and blood: borders follow the scan where its intensities tell the organ from its surroundings."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from ctscribe.anatomy.segmenters.atlas.features import BRIGHT_BLOOD
from ctscribe.anatomy.segmenters.atlas.growth import grow
from ctscribe.anatomy.segmenters.atlas.morphology import eroded, opened
from ctscribe.types import Mask

BLOOD_MM = 6.0  # how far bright blood may be followed from a carried vessel
BAND_MM = 3.0  # how far a border may move outward from the carried one
SAME_ORGAN = 30.0  # HU about the organ's median that a border may move into
OTHER_TISSUE = 70.0  # HU about the organ's median beyond which a carried voxel is not the organ
FAT = -30.0  # HU


def refine_organ(hu: Float32[np.ndarray, "z y x"], prior: Mask, free: Mask, spacing: float) -> Mask:
    """An organ of one attenuation (liver, spleen, kidney): the carried one, its border moved to where HU leave it.

    ``hu`` should be smoothed; ``free`` are voxels that nothing else claims.
    """
    steps = round(BAND_MM / spacing)
    depth = eroded(prior, steps)
    if not depth.any():
        return prior & (hu > FAT)
    away = np.abs(hu - np.median(hu[depth]))
    kept = depth | (prior & (away < OTHER_TISSUE))
    grown = grow(kept.astype(np.uint8), (away < SAME_ORGAN) & free, steps) > 0
    return kept | opened(grown)


def refine_blood(
    hu: Float32[np.ndarray, "z y x"], prior: UInt8[np.ndarray, "z y x"], free: Mask, level: float, spacing: float
) -> UInt8[np.ndarray, "z y x"]:
    """Vessels and heart of a contrast-filled scan: labels grow through bright blood from where they were carried.

    ``level`` is the HU of the blood pool; ``hu`` should be smoothed.
    """
    bright = hu > max(BRIGHT_BLOOD, 0.6 * level)
    labels = np.where(hu > FAT, prior, 0).astype(np.uint8)
    return grow(labels, bright & free, round(BLOOD_MM / spacing))
