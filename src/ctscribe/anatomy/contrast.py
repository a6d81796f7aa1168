"""Was intravenous contrast given? Read from the header when it says, else from the blood."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.distances import distance_inside
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import bounding_window
from ctscribe.ct.volume import CTVolume

ENHANCED_HU = 90.0
"""Unenhanced blood measures 30–60 HU, at most 80; enhanced blood in any phase of a chest protocol exceeds 100 HU."""

UNENHANCED_HU = 75.0

_EROSION_MM = 3.0
_ENOUGH_ML = 1.0


def blood_attenuation(volume: CTVolume, labelmap: LabelMap) -> float | None:
    """Median HU inside the aorta, else the heart; ``None`` when neither has 1 mL left after a 3 mm erosion."""
    for name in ("aorta", "heart"):
        inner = eroded_values(volume, labelmap, (name,), _EROSION_MM)
        if inner.size * volume.voxel_ml >= _ENOUGH_ML:
            return float(np.median(inner))
    return None


def contrast_enhanced(volume: CTVolume, labelmap: LabelMap) -> bool | None:
    """Whether the blood holds contrast medium, ``None`` when it cannot be told.

    The header decides when it speaks (``meta.contrast``), unless the aorta contradicts a header that says no.
    Otherwise blood at ``ENHANCED_HU`` or more is enhanced, at ``UNENHANCED_HU`` or less it is not, and between the two
    (a late phase, or noise) nothing is claimed.
    """
    blood = blood_attenuation(volume, labelmap)
    if blood is not None and blood >= ENHANCED_HU:
        return True
    if volume.meta.contrast is not None:
        return volume.meta.contrast
    return False if blood is not None and blood <= UNENHANCED_HU else None


def eroded_values(volume: CTVolume, labelmap: LabelMap, names: tuple[str, ...], erosion_mm: float) -> np.ndarray:
    """HU of the named classes' voxels that lie at least ``erosion_mm`` inside their union's border."""
    mask = labelmap.mask(*names)
    window = bounding_window(mask)
    if window is None:
        return np.empty(0, dtype=volume.hu.dtype)
    return volume.hu[window][distance_inside(mask[window], volume.spacing) > erosion_mm]
