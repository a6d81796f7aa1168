"""Tubes and balls as a scanner shows them: each voxel's share that lies inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.types import Spacing

Vector: TypeAlias = tuple[float, float, float]
"""(z, y, x) in mm."""

SAMPLE_MM = 1.2
"""Samples inside a voxel lie at most so far apart."""


class Tube(NamedTuple):
    """A straight piece of tube with round ends; a ball where it ends where it starts. Positions and radii in mm."""

    start: Vector
    end: Vector
    radius: float
    last_radius: float

    @classmethod
    def ball(cls, centre: Vector, radius: float) -> Tube:
        """A ball of that radius."""
        return cls(centre, centre, radius, radius)

    def widened(self, by_mm: float) -> Tube:
        """The same tube with larger radii."""
        return self._replace(radius=self.radius + by_mm, last_radius=self.last_radius + by_mm)


def tube_shares(tubes: Sequence[Tube], shape: tuple[int, int, int], spacing: Spacing) -> Float32[np.ndarray, "z y x"]:
    """Share of every voxel that lies in a tube, the largest of any one. Positions start at the first voxel's centre."""
    shares = np.zeros(shape, np.float32)
    if tubes:
        ends = np.array([(tube.start, tube.end) for tube in tubes])
        radii = np.array([(tube.radius, tube.last_radius) for tube in tubes])
        parts = np.array([math.ceil(step / SAMPLE_MM) for step in spacing])
        _fill(shares, np.array(spacing), ends, radii, parts)
    return shares


@numba.njit(cache=True)
@no_type_check
def _fill(shares: np.ndarray, spacing: np.ndarray, ends: np.ndarray, radii: np.ndarray, parts: np.ndarray) -> None:
    half = 0.5 * np.sqrt((spacing * spacing).sum())
    first, last = np.empty(3, np.int64), np.empty(3, np.int64)
    for n in range(len(ends)):
        reach = max(radii[n, 0], radii[n, 1]) + half
        for axis in range(3):
            low, high = min(ends[n, 0, axis], ends[n, 1, axis]), max(ends[n, 0, axis], ends[n, 1, axis])
            first[axis] = max(int(np.ceil((low - reach) / spacing[axis])), 0)
            last[axis] = min(int(np.floor((high + reach) / spacing[axis])), shares.shape[axis] - 1)
        for z in range(first[0], last[0] + 1):
            for y in range(first[1], last[1] + 1):
                for x in range(first[2], last[2] + 1):
                    away = _outside(z * spacing[0], y * spacing[1], x * spacing[2], ends[n], radii[n])
                    if away >= half:
                        continue
                    share = 1.0 if away <= -half else _share(z, y, x, spacing, ends[n], radii[n], parts)
                    shares[z, y, x] = max(shares[z, y, x], np.float32(share))


@numba.njit(cache=True)
@no_type_check
def _outside(z: float, y: float, x: float, ends: np.ndarray, radii: np.ndarray) -> float:
    """Distance in mm from a point to a tube's surface, negative inside."""
    az, ay, ax = ends[1, 0] - ends[0, 0], ends[1, 1] - ends[0, 1], ends[1, 2] - ends[0, 2]
    pz, py, px = z - ends[0, 0], y - ends[0, 1], x - ends[0, 2]
    length = az * az + ay * ay + ax * ax
    along = 0.0
    if length > 0:
        along = min(max((pz * az + py * ay + px * ax) / length, 0.0), 1.0)
    pz, py, px = pz - along * az, py - along * ay, px - along * ax
    return np.sqrt(pz * pz + py * py + px * px) - (radii[0] + (radii[1] - radii[0]) * along)


@numba.njit(cache=True)
@no_type_check
def _share(
    z: int, y: int, x: int, spacing: np.ndarray, ends: np.ndarray, radii: np.ndarray, parts: np.ndarray
) -> float:
    """Share of one voxel, from samples whose own edge is a sample wide."""
    total = 0.0
    width = (spacing / parts).max()
    for i in range(parts[0]):
        p = (z - 0.5 + (i + 0.5) / parts[0]) * spacing[0]
        for j in range(parts[1]):
            q = (y - 0.5 + (j + 0.5) / parts[1]) * spacing[1]
            for k in range(parts[2]):
                r = (x - 0.5 + (k + 0.5) / parts[2]) * spacing[2]
                total += min(max(0.5 - _outside(p, q, r, ends, radii) / width, 0.0), 1.0)
    return total / (parts[0] * parts[1] * parts[2])
