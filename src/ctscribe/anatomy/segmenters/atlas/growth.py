"""Labels that grow, step by step, through voxels whose intensity fits them."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import UInt8

from ctscribe.types import Mask


def grow(labels: UInt8[np.ndarray, "z y x"], into: Mask, steps: int) -> UInt8[np.ndarray, "z y x"]:
    """Give unlabelled voxels of ``into`` the label of a face neighbour, ``steps`` times, all at once each time."""
    for _ in range(steps):
        labels = _step(labels, into)
    return labels


@numba.njit(cache=True, nogil=True)
@no_type_check
def _step(labels, into):
    grown = labels.copy()
    nz, ny, nx = labels.shape
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                if labels[k, j, i] or not into[k, j, i]:
                    continue
                if k > 0 and labels[k - 1, j, i]:
                    grown[k, j, i] = labels[k - 1, j, i]
                elif k < nz - 1 and labels[k + 1, j, i]:
                    grown[k, j, i] = labels[k + 1, j, i]
                elif j > 0 and labels[k, j - 1, i]:
                    grown[k, j, i] = labels[k, j - 1, i]
                elif j < ny - 1 and labels[k, j + 1, i]:
                    grown[k, j, i] = labels[k, j + 1, i]
                elif i > 0 and labels[k, j, i - 1]:
                    grown[k, j, i] = labels[k, j, i - 1]
                elif i < nx - 1 and labels[k, j, i + 1]:
                    grown[k, j, i] = labels[k, j, i + 1]
    return grown
