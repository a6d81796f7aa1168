"""The body's bounding box: what is left of a scan when table and surrounding air are cut away."""

from __future__ import annotations

from typing import TypeAlias, cast

import numpy as np
from scipy import ndimage

from ctscribe.ct.volume import CTVolume

Box: TypeAlias = tuple[slice, slice, slice]
"""Voxels along (z, y, x)."""

BODY_HU = -500
"""Skin and fat are above, air and foam are below. Ours: the papers crop the foreground without saying how."""

COARSE_MM = 4.0
"""One voxel every so many mm is looked at: hundredths of a second, and the box is at most that much too large."""


def foreground_box(volume: CTVolume) -> Box:
    """Bounding box of the body on all three axes; the whole scan where there is no body.

    The body is the largest connected piece above ``BODY_HU`` once what is thinner than 3 coarse voxels in an axial
    slice is opened away: a table top stays out even where the patient lies on it. So do fingers.
    """
    steps = [max(1, round(COARSE_MM / spacing)) for spacing in volume.spacing]
    coarse = volume.hu[:: steps[0], :: steps[1], :: steps[2]] > BODY_HU
    within_slice = ndimage.generate_binary_structure(2, 1)[None]
    # Lungs and bowel filled first, so that a thin chest wall is not taken for a sheet.
    solid = ndimage.binary_fill_holes(coarse, within_slice)
    thick = ndimage.binary_opening(solid, within_slice)
    pieces, count = cast("tuple[np.ndarray, int]", ndimage.label(thick))
    if not count:
        return whole_box(volume.shape)
    largest = int(np.bincount(pieces.ravel())[1:].argmax())
    found = ndimage.find_objects(pieces)[largest]
    # The surface lies somewhere between the first coarse voxel inside and the last one outside.
    z, y, x = (
        slice(max(0, (part.start - 1) * step + 1), min(part.stop * step, n))
        for part, step, n in zip(found, steps, volume.shape, strict=True)
    )
    return z, y, x


def whole_box(shape: tuple[int, int, int]) -> Box:
    """The box that leaves nothing out."""
    depth, height, width = shape
    return slice(0, depth), slice(0, height), slice(0, width)
