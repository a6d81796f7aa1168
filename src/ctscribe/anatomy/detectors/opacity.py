"""Consolidation and ground-glass opacity inside the lungs, by attenuation and thickness.

Both are read conservatively: what lies at the pleura, the diaphragm or around vessels is left out, since partial
volume, gravity and motion look the same there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.detectors.found import HALF_AIR_HU, Found, Piece, certainty, gathered, thick_pieces
from ctscribe.anatomy.detectors.lung_field import FieldMask, LungField
from ctscribe.anatomy.distances import distance_inside, distance_to
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask

SOURCE = "embedded opacity detector"

CONSOLIDATION_HU = (-100.0, 130.0)
"""Airless lung; the upper end leaves enhanced vessels out."""

GROUND_GLASS_HU = (-700.0, -300.0)
ABOVE_LUNG_HU = 150.0
"""Ground glass must exceed the lung's own median by this: at shallow inspiration healthy lung reaches −700 HU."""

HOMOGENEOUS_HU = 110.0
"""Largest local standard deviation: bundles of vessels average to the same attenuation but are not homogeneous."""

AVERAGED_MM = 2.5
RIM_MM = 5.0
PLEURA_MM = 8.0
HALF_THICKNESS_MM = 5.0
REGROWTH_MM = 5.0
SMALLEST_CONSOLIDATION_ML = 3.0
SMALLEST_GROUND_GLASS_ML = 5.0
THICKEST_CONSOLIDATION_SLICE_MM = 10.0
THICKEST_GROUND_GLASS_SLICE_MM = 5.0


def find_consolidation(volume: CTVolume, field: LungField, known: Sequence[Mask]) -> Found | None:
    """Consolidation on the volume's grid; ``None`` in slices above 10 mm.

    Parameters
    ----------
    volume : the scan.
    field : its lungs on a 2 mm grid.
    known : masks of nodules, masses and fluid on the volume's grid, which are not consolidation.
    """
    if volume.spacing[0] > THICKEST_CONSOLIDATION_SLICE_MM:
        return None
    smooth = _averaged(field.hu.astype(np.float32), field)
    free = field.hull & ~_near(field, known) & (smooth < CONSOLIDATION_HU[1])
    seeds, room = free & (smooth > CONSOLIDATION_HU[0]), free & (field.hu > HALF_AIR_HU)
    return _found("consolidation", volume, field, seeds, room, SMALLEST_CONSOLIDATION_ML)


def find_ground_glass(volume: CTVolume, field: LungField, known: Sequence[Mask]) -> Found | None:
    """Ground-glass opacity on the volume's grid; ``None`` in slices above 5 mm. ``known`` holds consolidation too."""
    if volume.spacing[0] > THICKEST_GROUND_GLASS_SLICE_MM:
        return None
    hu = field.hu.astype(np.float32)
    smooth = _averaged(hu, field)
    spread = np.sqrt(np.maximum(_averaged(hu**2, field) - smooth**2, 0))
    floor = max(GROUND_GLASS_HU[0], float(np.median(field.hu[field.lungs])) + ABOVE_LUNG_HU)
    deep = distance_inside(field.lungs & ~_near(field, known), field.steps)
    hazy = (smooth > floor) & (smooth < GROUND_GLASS_HU[1])
    seeds, room = hazy & (spread < HOMOGENEOUS_HU) & (deep > PLEURA_MM), hazy & (deep > 2 * field.spacing_mm)
    return _found("ground_glass", volume, field, seeds, room, SMALLEST_GROUND_GLASS_ML)


def _near(field: LungField, known: Sequence[Mask]) -> FieldMask:
    """Known lesions on the field's grid, widened by their blurred rim."""
    union = np.zeros(field.hull.shape, dtype=bool)
    for mask in known:
        union |= field.sampled(mask)
    return distance_to(union, field.steps) <= RIM_MM


def _averaged(values: Float32[np.ndarray, "z y x"], field: LungField) -> Float32[np.ndarray, "z y x"]:
    return ndimage.gaussian_filter(values, AVERAGED_MM / field.spacing_mm)


def _found(kind: str, volume: CTVolume, field: LungField, seeds: Mask, room: Mask, smallest_ml: float) -> Found:
    pieces = []
    for piece in thick_pieces(field, seeds, room, HALF_THICKNESS_MM, REGROWTH_MM):
        confidence = certainty(field.volume_ml(piece), smallest_ml)
        if confidence is not None:
            pieces.append(Piece(field.whole, piece, confidence))
    return gathered(kind, SOURCE, volume, field, pieces)
