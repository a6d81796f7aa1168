"""Round growths: a ball stretched and dented, as each voxel's share of it, at the diameter that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.disease.shares import Vector
from ctscribe.types import Spacing


@dataclass(frozen=True, eq=False)
class Lump:
    """A shape without a size.

    Parameters
    ----------
    axes : relative half axes along (z, y, x).
    bumps : unit vectors (z, y, x) that lobules point to, and how far each stands out, as a share of the radius.
    """

    axes: Vector
    bumps: Float64[np.ndarray, "bumps 3"]
    heights: Float64[np.ndarray, " bumps"]

    @cached_property
    def reach(self) -> tuple[Vector, Vector]:
        """How far it reaches along (z, y, x) to both sides, the first negative, for a radius of 1; to a percent."""
        low, high = np.zeros(3), np.zeros(3)
        _reach(np.array(self.axes), self.bumps, self.heights, low, high)
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def random_lump(rng: np.random.Generator, bumps: int, height: float, elongation: float = 0.35) -> Lump:
    """A lump of random proportions with that many lobules."""
    axes = [1 - elongation * rng.random() for _ in range(3)]
    return Lump(
        (axes[0], axes[1], axes[2]),
        np.array([unit_vector(rng) for _ in range(bumps)]).reshape(-1, 3),
        height * (2 * rng.random(bumps) - 0.6),
    )


def unit_vector(rng: np.random.Generator) -> Vector:
    """A direction, any one as likely as another."""
    while True:
        z, y, x = (2 * rng.random() - 1 for _ in range(3))
        length = math.sqrt(z * z + y * y + x * x)
        if 0.1 < length <= 1:
            return z / length, y / length, x / length


class Placed(NamedTuple):
    """A lump of a size at a place.

    Parameters
    ----------
    middle : middle of the box around it, in mm from the grid's first voxel.
    half : half the sides of that box in mm.
    radius : half axis in mm that the lump's relative ones are of.
    origin : what the lump's directions start from.
    """

    lump: Lump
    middle: Vector
    half: Vector
    radius: float
    origin: Vector

    def window(self, shape: tuple[int, int, int], spacing: Spacing, margin: int) -> Window | None:
        """The box around it and ``margin`` voxels more; ``None`` where it does not fit into the grid."""
        axes = []
        for middle, half, step, length in zip(self.middle, self.half, spacing, shape, strict=True):
            first, last = math.floor((middle - half) / step) - margin, math.ceil((middle + half) / step) + margin
            if first < 0 or last >= length:
                return None
            axes.append(slice(first, last + 1))
        z, y, x = axes
        return z, y, x

    def surface(self, direction: Vector) -> float:
        """Distance in mm from ``origin`` to the surface, its lobules left out, along a unit vector."""
        z, y, x = (d / axis for d, axis in zip(direction, self.lump.axes, strict=True))
        return self.radius / math.sqrt(z * z + y * y + x * x)

    def shares(self, window: Window, spacing: Spacing) -> Float32[np.ndarray, "z y x"]:
        """Share of every voxel of a window that lies in it."""
        finest = min(*spacing, max(self.half[1:]) / 2.5)
        parts = np.array([min(math.ceil(step / finest) + 1, 8) for step in spacing])
        origin = [o - part.start * step for o, part, step in zip(self.origin, window, spacing, strict=True)]
        shares = np.zeros(tuple(part.stop - part.start for part in window), np.float32)
        axes = self.radius * np.array(self.lump.axes)
        _fill(shares, np.array(spacing), np.array(origin), axes, self.lump.bumps, self.lump.heights, parts)
        return shares


def placed(lump: Lump, middle: Vector, diameter_mm: float) -> Placed:
    """A lump whose longest extent along y or x is the diameter."""
    low, high = lump.reach
    radius = diameter_mm / max(high[1] - low[1], high[2] - low[2])
    half = tuple(radius * (b - a) / 2 for a, b in zip(low, high, strict=True))
    origin = tuple(m - radius * (a + b) / 2 for m, a, b in zip(middle, low, high, strict=True))
    return Placed(lump, middle, half, radius, origin)  # pyright: ignore[reportArgumentType]


@numba.njit(cache=True)
@no_type_check
def _reach(axes: np.ndarray, bumps: np.ndarray, heights: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    for i in range(-12, 13):
        for j in range(-12, 13):
            for k in range(-12, 13):
                if max(abs(i), abs(j), abs(k)) < 12:
                    continue
                length = np.sqrt(i * i + j * j + k * k)
                reach = (1 + _bulge(i / length, j / length, k / length, bumps, heights)) / length
                for axis, way in ((0, i), (1, j), (2, k)):
                    low[axis] = min(low[axis], reach * way * axes[axis])
                    high[axis] = max(high[axis], reach * way * axes[axis])


@numba.njit(cache=True)
@no_type_check
def _bulge(z: float, y: float, x: float, bumps: np.ndarray, heights: np.ndarray) -> float:
    """How far the surface stands out in a direction, as a share of the radius."""
    total = 0.0
    for n in range(heights.size):
        toward = z * bumps[n, 0] + y * bumps[n, 1] + x * bumps[n, 2]
        if toward > 0:
            square = toward * toward
            total += heights[n] * square * square * square * square
    return total


@numba.njit(cache=True)
@no_type_check
def _fill(
    shares: np.ndarray,
    spacing: np.ndarray,
    centre: np.ndarray,
    axes: np.ndarray,
    bumps: np.ndarray,
    heights: np.ndarray,
    parts: np.ndarray,
) -> None:
    inside = 1.0 / (parts[0] * parts[1] * parts[2])
    for z in range(shares.shape[0]):
        for y in range(shares.shape[1]):
            for x in range(shares.shape[2]):
                total = 0
                for i in range(parts[0]):
                    p = ((z - 0.5 + (i + 0.5) / parts[0]) * spacing[0] - centre[0]) / axes[0]
                    for j in range(parts[1]):
                        q = ((y - 0.5 + (j + 0.5) / parts[1]) * spacing[1] - centre[1]) / axes[1]
                        for k in range(parts[2]):
                            r = ((x - 0.5 + (k + 0.5) / parts[2]) * spacing[2] - centre[2]) / axes[2]
                            away = np.sqrt(p * p + q * q + r * r)
                            if away < 1e-9 or away <= 1 + _bulge(p / away, q / away, r / away, bumps, heights):
                                total += 1
                shares[z, y, x] = np.float32(total * inside)
