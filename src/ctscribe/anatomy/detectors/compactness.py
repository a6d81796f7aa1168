"""Ball or tube: the shape test that tells nodules from vessels.

Erode a ball of radius R by half of R and a ball of half the size is left; erode a vessel by half of its radius and a
line is left that leads out of the neighbourhood. The distance map holds every erosion at once, so each of its maxima
is tested with one flood fill, which stops as soon as it has gone too far.
"""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Int32

CORE = 0.55
"""Depth of the core's border as a share of the inscribed radius."""

REACH = 1.35
"""How far the core of something compact may lie from its deepest voxel, in inscribed radii; a ball's reaches 0.45."""


@numba.njit(cache=True)
@no_type_check
def _local_maxima(depth: np.ndarray, smallest: float) -> list[tuple[int, int, int]]:
    found = [(0, 0, 0)][:0]
    nz, ny, nx = depth.shape
    for z in range(1, nz - 1):
        for y in range(1, ny - 1):
            for x in range(1, nx - 1):
                if (
                    depth[z, y, x] >= smallest
                    and depth[z, y, x] >= depth[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2].max()
                ):
                    found.append((z, y, x))
    return found


@numba.njit(cache=True)
@no_type_check
def _core_reach(
    depth: np.ndarray, visited: np.ndarray, seed: tuple[int, int, int], level: float, limit: float, number: int
) -> float:
    nz, ny, nx = depth.shape
    stack = [seed]
    visited[seed] = number
    farthest = 0.0
    while len(stack) > 0:
        z, y, x = stack.pop()
        farthest = max(farthest, (z - seed[0]) ** 2.0 + (y - seed[1]) ** 2.0 + (x - seed[2]) ** 2.0)
        if farthest > limit * limit:
            break
        for i in range(max(z - 1, 0), min(z + 2, nz)):
            for j in range(max(y - 1, 0), min(y + 2, ny)):
                for k in range(max(x - 1, 0), min(x + 2, nx)):
                    if visited[i, j, k] != number and depth[i, j, k] >= level:
                        visited[i, j, k] = number
                        stack.append((i, j, k))
    return np.sqrt(farthest)


def compact_maxima(
    depth: Float32[np.ndarray, "z y x"], spacing_mm: float, smallest_mm: float
) -> list[tuple[float, tuple[int, int, int]]]:
    """Maxima of a distance map whose surroundings are ball-like.

    Parameters
    ----------
    depth : mm from each voxel to the border of what it lies in, 0 outside; isotropic grid.
    spacing_mm : edge of a voxel.
    smallest_mm : smallest inscribed radius of interest.

    Returns
    -------
    (inscribed radius in mm, voxel), the largest first; maxima inside the core of a larger one are left out.
    """
    seeds = sorted(_local_maxima(depth, smallest_mm), key=lambda seed: (-float(depth[seed]), seed))
    visited: Int32[np.ndarray, "z y x"] = np.zeros(depth.shape, dtype=np.int32)
    claimed = np.zeros(depth.shape, dtype=bool)
    compact = []
    for number, seed in enumerate(seeds, start=1):
        if claimed[seed]:
            continue
        radius = float(depth[seed])
        limit = REACH * radius / spacing_mm + 1
        if _core_reach(depth, visited, seed, CORE * radius, limit, number) <= limit:
            compact.append((radius, seed))
            around = tuple(slice(max(centre - int(limit) - 1, 0), centre + int(limit) + 2) for centre in seed)
            claimed[around] |= visited[around] == number
    return compact
