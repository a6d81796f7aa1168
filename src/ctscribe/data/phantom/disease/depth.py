"""How deep a voxel lies, by a chamfer distance: exact enough to place disease by, at a fraction of the cost."""

from __future__ import annotations

import math
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.types import Mask, Spacing

FAR = 1e6  # mm


def depth_mm(inside: Mask, spacing: Spacing) -> Float32[np.ndarray, "z y x"]:
    """Distance in mm from every voxel of a mask to the nearest voxel outside it, 0 outside; a fifth too long at most.

    What lies beyond the array counts as inside. Two sweeps over the 26 neighbours (Borgefors, Computer Vision,
    Graphics, and Image Processing 34 (1986) 344–371), each step as long as it is.
    """
    before = [(dz, dy, dx) for dz in (-1, 0, 1) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dz, dy, dx) < (0, 0, 0)]
    lengths = [math.sqrt(sum((d * s) * (d * s) for d, s in zip(step, spacing, strict=True))) for step in before]
    distance = np.where(inside, np.float32(FAR), np.float32(0))
    _sweep(distance, np.array(before), np.array(lengths, np.float32))
    return distance


@numba.njit(cache=True)
@no_type_check
def _sweep(distance: np.ndarray, steps: np.ndarray, lengths: np.ndarray) -> None:
    depth, rows, columns = distance.shape
    for way in (1, -1):
        for i in range(depth):
            z = i if way == 1 else depth - 1 - i
            for j in range(rows):
                y = j if way == 1 else rows - 1 - j
                for k in range(columns):
                    x = k if way == 1 else columns - 1 - k
                    best = distance[z, y, x]
                    if best == 0:
                        continue
                    for n in range(lengths.size):
                        p, q, r = z + way * steps[n, 0], y + way * steps[n, 1], x + way * steps[n, 2]
                        if 0 <= p < depth and 0 <= q < rows and 0 <= r < columns:
                            best = min(best, distance[p, q, r] + lengths[n])
                    distance[z, y, x] = best
