"""Rectangular parts of a grid, so that work is done on what a mask fills instead of on the whole scan."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Shaped

Window: TypeAlias = tuple[slice, slice, slice]
"""Slices along (z, y, x); not a range of Hounsfield units."""


def bounding_window(labels: Shaped[np.ndarray, "z y x"], margin: int = 0) -> Window | None:
    """The smallest window that holds every voxel of a mask or label map, ``None`` when there is none.

    ``margin`` widens it by so many voxels on all sides, as far as the grid reaches.
    """
    rows = np.flatnonzero(labels.any(axis=(1, 2)))
    if not rows.size:
        return None
    plane = labels[rows[0] : rows[-1] + 1].any(axis=0)
    filled = rows, np.flatnonzero(np.any(plane, axis=1)), np.flatnonzero(np.any(plane, axis=0))
    z, y, x = (
        slice(max(0, int(at[0]) - margin), min(size, int(at[-1]) + 1 + margin))
        for at, size in zip(filled, labels.shape, strict=True)
    )
    return z, y, x
