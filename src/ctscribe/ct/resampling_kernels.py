"""The loops of resampling, compiled. Their plain twins are in the tests.

Every kernel works slice by slice of the result on all cores, and holds no more than one source plane a core. A first
tap or nearest index of -1 lies outside the source and takes ``fill``. ``whole`` rounds the result to integers.
"""

from __future__ import annotations

from typing import TypeAlias, no_type_check

import numba
import numpy as np

PerAxis: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""One array for each of (z, y, x), a row per new voxel."""


@numba.njit(cache=True, parallel=True)
@no_type_check
def weigh_linear(
    source: np.ndarray,
    firsts: PerAxis,
    weights: PerAxis,
    whole: bool,
    fill: float,
    result: np.ndarray,
) -> None:
    """Weighted sums along z, then y, then x; each new voxel has its first old voxel and its weights per axis."""
    (first_z, first_y, first_x), (weight_z, weight_y, weight_x) = firsts, weights
    _, rows, columns = source.shape
    for z in numba.prange(result.shape[0]):
        if first_z[z] < 0:
            result[z] = fill
            continue
        plane = np.zeros((rows, columns), dtype=np.float32)
        for k in range(weight_z.shape[1]):
            share = weight_z[z, k]
            if share != 0:
                for y in range(rows):
                    for x in range(columns):
                        plane[y, x] += share * source[first_z[z] + k, y, x]
        row = np.empty(columns, dtype=np.float32)
        for y in range(result.shape[1]):
            if first_y[y] < 0:
                result[z, y] = fill
                continue
            row[:] = 0
            for k in range(weight_y.shape[1]):
                share = weight_y[y, k]
                if share != 0:
                    for x in range(columns):
                        row[x] += share * plane[first_y[y] + k, x]
            for x in range(result.shape[2]):
                if first_x[x] < 0:
                    result[z, y, x] = fill
                    continue
                total = np.float32(0)
                for k in range(weight_x.shape[1]):
                    total += weight_x[x, k] * row[first_x[x] + k]
                result[z, y, x] = np.floor(total + np.float32(0.5)) if whole else total


@numba.njit(cache=True, parallel=True)
@no_type_check
def pick_nearest(source: np.ndarray, nearest: PerAxis, fill: float, result: np.ndarray) -> None:
    """The old voxel that holds each new centre."""
    at_z, at_y, at_x = nearest
    for z in numba.prange(result.shape[0]):
        for y in range(result.shape[1]):
            if at_z[z] < 0 or at_y[y] < 0:
                result[z, y] = fill
                continue
            row = source[at_z[z], at_y[y]]
            for x in range(result.shape[2]):
                result[z, y, x] = row[at_x[x]] if at_x[x] >= 0 else fill


@numba.njit(cache=True)
@no_type_check
def _winner(labels: np.ndarray, votes: np.ndarray, count: int, favourite: int) -> int:
    """The label with most votes, the favourite where it is among them."""
    best, most = favourite, np.float32(-1)
    for i in range(count):
        if labels[i] == favourite:
            most = votes[i] + np.float32(1e-5)
    for i in range(count):
        if votes[i] > most:
            best, most = labels[i], votes[i]
    return best


@numba.njit(cache=True)
@no_type_check
def _cast(labels: np.ndarray, votes: np.ndarray, count: int, label: int, share: float) -> int:
    """Add a share to a label's votes; returns how many labels have votes."""
    for i in range(count):
        if labels[i] == label:
            votes[i] += share
            return count
    labels[count] = label
    votes[count] = share
    return count + 1


@numba.njit(cache=True, parallel=True)
@no_type_check
def vote(
    source: np.ndarray,
    firsts: PerAxis,
    shares: PerAxis,
    nearest: PerAxis,
    fill: float,
    result: np.ndarray,
) -> None:
    """The label with the largest share of each new voxel's box; the nearest voxel's label on a tie."""
    (first_z, first_y, first_x), (at_z, at_y, at_x) = firsts, nearest
    share_z, share_y, share_x = shares
    nz, ny, nx = share_z.shape[1], share_y.shape[1], share_x.shape[1]
    for z in numba.prange(result.shape[0]):
        labels = np.empty(nz * ny * nx, dtype=np.int64)
        votes = np.empty(nz * ny * nx, dtype=np.float32)
        for y in range(result.shape[1]):
            for x in range(result.shape[2]):
                if first_z[z] < 0 or first_y[y] < 0 or first_x[x] < 0:
                    result[z, y, x] = fill
                    continue
                count = 0
                for i in range(nz):
                    for j in range(ny):
                        side = share_z[z, i] * share_y[y, j]
                        for k in range(nx):
                            share = side * share_x[x, k]
                            if share > 0:
                                label = int(source[first_z[z] + i, first_y[y] + j, first_x[x] + k])
                                count = _cast(labels, votes, count, label, share)
                result[z, y, x] = _winner(labels, votes, count, int(source[at_z[z], at_y[y], at_x[x]]))


@numba.njit(cache=True)
@no_type_check
def _inside(p: float, size: int) -> bool:
    return p >= -0.5 - 1e-6 and p <= size - 0.5 + 1e-6


@numba.njit(cache=True)
@no_type_check
def _corner(p: float, size: int) -> tuple[int, int, np.float32]:
    """The two old voxels around a fractional index, held inside, and the weight of the second."""
    p = min(max(p, 0.0), size - 1.0)
    low = int(np.floor(p))
    return low, min(low + 1, size - 1), np.float32(p - low)


@numba.njit(cache=True)
@no_type_check
def _trilinear(source: np.ndarray, p: float, q: float, r: float) -> np.float32:
    z0, z1, w = _corner(p, source.shape[0])
    y0, y1, v = _corner(q, source.shape[1])
    x0, x1, u = _corner(r, source.shape[2])
    one = np.float32(1)
    back = (one - v) * ((one - u) * source[z0, y0, x0] + u * source[z0, y0, x1]) + v * (
        (one - u) * source[z0, y1, x0] + u * source[z0, y1, x1]
    )
    front = (one - v) * ((one - u) * source[z1, y0, x0] + u * source[z1, y0, x1]) + v * (
        (one - u) * source[z1, y1, x0] + u * source[z1, y1, x1]
    )
    return (one - w) * back + w * front


@numba.njit(cache=True, parallel=True)
@no_type_check
def average_points(
    source: np.ndarray,
    matrix: np.ndarray,
    start: np.ndarray,
    offsets: np.ndarray,
    whole: bool,
    fill: float,
    result: np.ndarray,
) -> None:
    """Mean of the linear interpolant at the points ``matrix · index + start + offsets`` of each new voxel."""
    for z in numba.prange(result.shape[0]):
        for y in range(result.shape[1]):
            for x in range(result.shape[2]):
                p = matrix[0, 0] * z + matrix[0, 1] * y + matrix[0, 2] * x + start[0]
                q = matrix[1, 0] * z + matrix[1, 1] * y + matrix[1, 2] * x + start[1]
                r = matrix[2, 0] * z + matrix[2, 1] * y + matrix[2, 2] * x + start[2]
                if not (_inside(p, source.shape[0]) and _inside(q, source.shape[1]) and _inside(r, source.shape[2])):
                    result[z, y, x] = fill
                    continue
                total = np.float32(0)
                for i in range(offsets.shape[0]):
                    total += _trilinear(source, p + offsets[i, 0], q + offsets[i, 1], r + offsets[i, 2])
                total /= np.float32(offsets.shape[0])
                result[z, y, x] = np.floor(total + np.float32(0.5)) if whole else total


@numba.njit(cache=True)
@no_type_check
def _nearest(p: float, size: int) -> int:
    return min(max(int(np.floor(p + 0.5 + 1e-9)), 0), size - 1)


@numba.njit(cache=True, parallel=True)
@no_type_check
def vote_points(
    source: np.ndarray,
    matrix: np.ndarray,
    start: np.ndarray,
    offsets: np.ndarray,
    fill: float,
    result: np.ndarray,
) -> None:
    """Commonest label among the points of each new voxel, as above; the centre's label on a tie."""
    for z in numba.prange(result.shape[0]):
        labels = np.empty(offsets.shape[0], dtype=np.int64)
        votes = np.empty(offsets.shape[0], dtype=np.float32)
        for y in range(result.shape[1]):
            for x in range(result.shape[2]):
                p = matrix[0, 0] * z + matrix[0, 1] * y + matrix[0, 2] * x + start[0]
                q = matrix[1, 0] * z + matrix[1, 1] * y + matrix[1, 2] * x + start[1]
                r = matrix[2, 0] * z + matrix[2, 1] * y + matrix[2, 2] * x + start[2]
                if not (_inside(p, source.shape[0]) and _inside(q, source.shape[1]) and _inside(r, source.shape[2])):
                    result[z, y, x] = fill
                    continue
                count = 0
                for i in range(offsets.shape[0]):
                    at_z = _nearest(p + offsets[i, 0], source.shape[0])
                    at_y = _nearest(q + offsets[i, 1], source.shape[1])
                    at_x = _nearest(r + offsets[i, 2], source.shape[2])
                    count = _cast(labels, votes, count, int(source[at_z, at_y, at_x]), 1.0)
                at_z, at_y = _nearest(p, source.shape[0]), _nearest(q, source.shape[1])
                centre = int(source[at_z, at_y, _nearest(r, source.shape[2])])
                result[z, y, x] = _winner(labels, votes, count, centre)
