"""Linear interpolation at one point, for the compiled loops of this package."""

from __future__ import annotations

from typing import no_type_check

import numba


@numba.njit(cache=True, nogil=True)
@no_type_check
def sampled(image, z, y, x):
    """Value of a (z, y, x) array at a fractional index, the edge repeated beyond it."""
    nz, ny, nx = image.shape
    z, y, x = min(max(z, 0.0), nz - 1.0), min(max(y, 0.0), ny - 1.0), min(max(x, 0.0), nx - 1.0)
    k, j, i = min(int(z), max(nz - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(x), max(nx - 2, 0))
    k1, j1, i1 = min(k + 1, nz - 1), min(j + 1, ny - 1), min(i + 1, nx - 1)
    c, b, a = z - k, y - j, x - i
    low = (1 - b) * ((1 - a) * image[k, j, i] + a * image[k, j, i1]) + b * (
        (1 - a) * image[k, j1, i] + a * image[k, j1, i1]
    )
    high = (1 - b) * ((1 - a) * image[k1, j, i] + a * image[k1, j, i1]) + b * (
        (1 - a) * image[k1, j1, i] + a * image[k1, j1, i1]
    )
    return (1 - c) * low + c * high
