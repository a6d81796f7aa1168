"""Trachea and main bronchi: the air in and about the carried trachea, joined to its lumen."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.morphology import components, dilated
from ctscribe.types import Mask

LUMEN = -850.0  # HU; air in the lumen stays below, most parenchyma above
WALL = -500.0  # HU; where the mucosa is drawn
REACH_MM = 9.0  # how far the carried trachea may be off
LARGEST_SECTION_MM2 = 500.0  # of an axial section; a trachea of 25 mm has it


def find_airway(hu: Float32[np.ndarray, "z y x"], prior: Mask, spacing: float) -> Mask:
    """The airway near ``prior`` on a grid of ``spacing`` mm; all False when there is no lumen to be seen."""
    airway = np.zeros(hu.shape, dtype=bool)
    if not prior.any():
        return airway
    box = _around(prior, round(2 * REACH_MM / spacing))
    near = dilated(prior[box], round(REACH_MM / spacing))
    lumen = hu[box] < LUMEN
    numbered, count = components(lumen & near)
    shared = np.bincount(numbered[prior[box]], minlength=count)
    shared[0] = 0
    if shared.any():
        seen = _whole_sections(numbered == int(shared.argmax()), lumen, spacing)
        airway[box] = dilated(seen) & (hu[box] < WALL)
    return airway


def _whole_sections(seen: Mask, lumen: Mask, spacing: float) -> Mask:
    """Axial sections that the reach has cut through are completed; one as large as lung is left as it is."""
    whole = seen.copy()
    for k in np.flatnonzero(seen.any(axis=(1, 2))):
        numbered, count = components(lumen[k : k + 1])
        sizes = np.bincount(numbered.ravel(), minlength=count) * spacing**2
        touched = np.unique(numbered[0][seen[k]])
        whole[k] |= np.isin(numbered[0], touched[sizes[touched] <= LARGEST_SECTION_MM2])
    return whole


def _around(mask: Mask, margin: int) -> tuple[slice, ...]:
    """Box of a mask's voxels, widened by ``margin`` voxels within the grid."""
    (found,) = ndimage.find_objects(mask.view(np.uint8))
    return tuple(slice(max(0, s.start - margin), s.stop + margin) for s in found)
