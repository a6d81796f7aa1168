"""The loops that carry an anatomy into a body, compiled: one pass over the new grid, row by row."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np


@numba.njit(cache=True)
@no_type_check
def warp_row(z, y, firsts, weights, coefficients, row):
    """Displacement (mm along z, y, x) of the voxels of one row by a cubic B-spline; ``row`` (x, 3) receives it.

    ``firsts`` and ``weights`` hold, for each axis, a voxel's first control point and the weights of its four.
    """
    (first_z, first_y, first_x), (weight_z, weight_y, weight_x) = firsts, weights
    columns = coefficients.shape[2]
    line = np.zeros((columns, 3))
    for i in range(4):
        for j in range(4):
            weight = weight_z[z, i] * weight_y[y, j]
            for k in range(columns):
                for axis in range(3):
                    line[k, axis] += weight * coefficients[first_z[z] + i, first_y[y] + j, k, axis]
    for x in range(row.shape[0]):
        k = first_x[x]
        a, b, c, d = weight_x[x, 0], weight_x[x, 1], weight_x[x, 2], weight_x[x, 3]
        for axis in range(3):
            row[x, axis] = a * line[k, axis] + b * line[k + 1, axis] + c * line[k + 2, axis] + d * line[k + 3, axis]


@numba.njit(cache=True)
@no_type_check
def thinned(y, x, cage):
    """In-plane source position of a point: beyond the ellipse of the ribs the way outward takes another length.

    ``cage``: centre y, centre x, 1 / half-axis y, 1 / half-axis x, 1 / thickness.
    """
    dy, dx = y - cage[0], x - cage[1]
    v, u = dy * cage[2], dx * cage[3]
    square = v * v + u * u
    if square <= 1:
        return y, x
    radius = np.sqrt(square)
    beyond = radius - 1
    # From slope 1 at the ribs to 1 / thickness further out, so that nothing shows a kink.
    factor = 1 + (cage[4] - 1) * beyond * beyond / ((beyond + 0.05) * radius)
    return cage[0] + factor * dy, cage[1] + factor * dx


@numba.njit(cache=True)
@no_type_check
def pulled(z, y, x, pulls):
    """Source position after local pulls: rows of centre, 1 / half-axes, stretch and shift, each along (z, y, x).

    A pull is whole in the inner half of its ellipsoid and fades to nothing at its surface.
    """
    for n in range(pulls.shape[0]):
        dz, dy, dx = z - pulls[n, 0], y - pulls[n, 1], x - pulls[n, 2]
        w, v, u = dz * pulls[n, 3], dy * pulls[n, 4], dx * pulls[n, 5]
        square = w * w + v * v + u * u
        if square < 1:
            t = max(2 * np.sqrt(square) - 1, 0.0)
            weight = 1 - t * t * (3 - 2 * t)
            z += weight * (pulls[n, 6] * dz + pulls[n, 9])
            y += weight * (pulls[n, 7] * dy + pulls[n, 10])
            x += weight * (pulls[n, 8] * dx + pulls[n, 11])
    return z, y, x


@numba.njit(cache=True)
@no_type_check
def place_row(z, y, row, matrix, start, cage, pulls):
    """Turn the displacements of a row into source positions in mm, in place."""
    first_z = matrix[0, 0] * z + matrix[0, 1] * y + start[0]
    first_y = matrix[1, 0] * z + matrix[1, 1] * y + start[1]
    first_x = matrix[2, 0] * z + matrix[2, 1] * y + start[2]
    for x in range(row.shape[0]):
        a, b, c = first_z + matrix[0, 2] * x, first_y + matrix[1, 2] * x, first_x + matrix[2, 2] * x
        b, c = thinned(b + row[x, 1], c + row[x, 2], cage)
        row[x, 0], row[x, 1], row[x, 2] = pulled(a + row[x, 0], b, c, pulls)


@numba.njit(cache=True)
@no_type_check
def source_positions(result, at_z, at_y, at_x, firsts, weights, coefficients, matrix, start, cage, pulls):
    """Source positions in mm of the voxels at these slices, rows and columns; ``result`` (z, y, x, 3)."""
    row = np.empty((weights[2].shape[0], 3))
    for i in range(at_z.size):
        for j in range(at_y.size):
            warp_row(at_z[i], at_y[j], firsts, weights, coefficients, row)
            place_row(at_z[i], at_y[j], row, matrix, start, cage, pulls)
            for k in range(at_x.size):
                for axis in range(3):
                    result[i, j, k, axis] = row[at_x[k], axis]


@numba.njit(cache=True)
@no_type_check
def widths(points, pulls, spacing, labels, parts):
    """Greatest width in columns of parts 1 and 2, each on its own slice, at source positions still to be pulled.

    ``points`` (z, y, x, 3) in mm; ``parts``: label id → 0, 1 or 2.
    """
    widest = np.zeros(2, np.int64)
    for z in range(points.shape[0]):
        first, last = np.full(2, points.shape[2]), np.full(2, -1)
        for y in range(points.shape[1]):
            for x in range(points.shape[2]):
                a, b, c = pulled(points[z, y, x, 0], points[z, y, x, 1], points[z, y, x, 2], pulls)
                a, b, c = a / spacing[0] + 0.5, b / spacing[1] + 0.5, c / spacing[2] + 0.5
                if a < 0 or b < 0 or c < 0 or a >= labels.shape[0] or b >= labels.shape[1] or c >= labels.shape[2]:
                    continue
                part = parts[labels[int(a), int(b), int(c)]] - 1
                if part >= 0:
                    first[part], last[part] = min(first[part], x), max(last[part], x)
        for part in range(2):
            widest[part] = max(widest[part], last[part] - first[part] + 1)
    return widest


@numba.njit(cache=True)
@no_type_check
def between(first, second, part):
    """Linear between two values; float32, since unsigned integers have no negative difference."""
    return np.float32(first) + part * (np.float32(second) - np.float32(first))


@numba.njit(cache=True)
@no_type_check
def linear(source, p, q, r):
    """The source between its voxels, at an index inside it."""
    z, y, x = int(p), int(q), int(r)
    up, back, left = min(z + 1, source.shape[0] - 1), min(y + 1, source.shape[1] - 1), min(x + 1, source.shape[2] - 1)
    w, v, u = np.float32(p - z), np.float32(q - y), np.float32(r - x)
    low_front = between(source[z, y, x], source[z, y, left], u)
    low_back = between(source[z, back, x], source[z, back, left], u)
    high_front = between(source[up, y, x], source[up, y, left], u)
    high_back = between(source[up, back, x], source[up, back, left], u)
    low, high = between(low_front, low_back, v), between(high_front, high_back, v)
    return between(low, high, w)


@numba.njit(cache=True)
@no_type_check
def carry(
    new_hu, new_labels, hu, uptake, compartments, empty, labels, spacing, reach, gains,
    firsts, weights, coefficients, matrix, start, cage, pulls,
):  # fmt: skip
    """Attenuation (linear) with contrast medium, and labels (nearest), of every new voxel.

    Up to ``reach`` voxels beyond the source its outermost voxel goes on; farther out, and in the compartment ``empty``,
    the new voxel keeps its value.
    """
    depth, height, width = labels.shape
    row = np.empty((new_hu.shape[2], 3))
    for z in range(new_hu.shape[0]):
        for y in range(new_hu.shape[1]):
            warp_row(z, y, firsts, weights, coefficients, row)
            place_row(z, y, row, matrix, start, cage, pulls)
            for x in range(new_hu.shape[2]):
                p, q, r = row[x, 0] / spacing[0], row[x, 1] / spacing[1], row[x, 2] / spacing[2]
                if p < -reach or q < -reach or r < -reach:
                    continue
                if p > depth - 1 + reach or q > height - 1 + reach or r > width - 1 + reach:
                    continue
                p, q, r = min(max(p, 0.0), depth - 1.0), min(max(q, 0.0), height - 1.0), min(max(r, 0.0), width - 1.0)
                k, j, i = int(p + 0.5), int(q + 0.5), int(r + 0.5)
                compartment = compartments[k, j, i]
                if compartment == empty:
                    continue
                value = linear(hu, p, q, r)
                if gains[compartment] != 0:
                    value += gains[compartment] * linear(uptake, p, q, r)
                new_hu[z, y, x] = value
                new_labels[z, y, x] = labels[k, j, i]
