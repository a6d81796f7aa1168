"""Secondary lobules: the lung cut into polygonal cells around jittered seeds."""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Int32

from ctscribe.types import Mask, Spacing

JITTER = 0.8
"""A seed lies anywhere in this inner part of its box."""


class Lobules(NamedTuple):
    """The cell of every voxel.

    Parameters
    ----------
    cell : its number, -1 outside the mask.
    wall_mm : distance to the wall to the next cell.
    centre_mm : distance to the cell's seed.
    level : 0 where that wall stands upright, 1 where it lies in the axial plane.
    numbers : cells that there are numbers for.
    """

    cell: Int32[np.ndarray, "z y x"]
    wall_mm: Float32[np.ndarray, "z y x"]
    centre_mm: Float32[np.ndarray, "z y x"]
    level: Float32[np.ndarray, "z y x"]
    numbers: int


def lobules(rng: np.random.Generator, inside: Mask, spacing: Spacing, size_mm: float) -> Lobules:
    """Cut a mask into Voronoi cells some ``size_mm`` across."""
    boxes = tuple(int(length * step / size_mm) + 4 for length, step in zip(inside.shape, spacing, strict=True))
    corners = np.stack(np.meshgrid(*(np.arange(n) - 1.5 for n in boxes), indexing="ij"), axis=-1)
    seeds = (corners + (1 - JITTER) / 2 + JITTER * rng.random((*boxes, 3))) * size_mm
    cell = np.full(inside.shape, -1, np.int32)
    wall, centre, level = (np.zeros(inside.shape, np.float32) for _ in range(3))
    _nearest_two(inside, np.array(spacing), size_mm, seeds, cell, wall, centre, level)
    return Lobules(cell, wall, centre, level, boxes[0] * boxes[1] * boxes[2])


@numba.njit(cache=True)
@no_type_check
def _nearest_two(
    inside: np.ndarray,
    spacing: np.ndarray,
    size: float,
    seeds: np.ndarray,
    cell: np.ndarray,
    wall: np.ndarray,
    centre: np.ndarray,
    level: np.ndarray,
) -> None:
    rows, columns = seeds.shape[1], seeds.shape[2]
    for z in range(inside.shape[0]):
        for y in range(inside.shape[1]):
            for x in range(inside.shape[2]):
                if not inside[z, y, x]:
                    continue
                p, q, r = z * spacing[0], y * spacing[1], x * spacing[2]
                a, b, c = int(p / size + 1.5), int(q / size + 1.5), int(r / size + 1.5)
                first, second = np.inf, np.inf
                fi, fj, fk, si, sj, sk = 0, 0, 0, 0, 0, 0
                for i in range(a - 1, a + 2):
                    for j in range(b - 1, b + 2):
                        for k in range(c - 1, c + 2):
                            dz, dy, dx = seeds[i, j, k, 0] - p, seeds[i, j, k, 1] - q, seeds[i, j, k, 2] - r
                            away = dz * dz + dy * dy + dx * dx
                            if away < first:
                                second, si, sj, sk = first, fi, fj, fk
                                first, fi, fj, fk = away, i, j, k
                            elif away < second:
                                second, si, sj, sk = away, i, j, k
                gz = seeds[si, sj, sk, 0] - seeds[fi, fj, fk, 0]
                gy = seeds[si, sj, sk, 1] - seeds[fi, fj, fk, 1]
                gx = seeds[si, sj, sk, 2] - seeds[fi, fj, fk, 2]
                cell[z, y, x] = (fi * rows + fj) * columns + fk
                apart = np.sqrt(gz * gz + gy * gy + gx * gx)
                wall[z, y, x] = (second - first) / (2 * apart)
                level[z, y, x] = abs(gz) / apart
                centre[z, y, x] = np.sqrt(first)
