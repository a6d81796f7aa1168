"""Natural irregularity: smooth random fields, made of sums and products alone so that every machine draws the same."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.types import Spacing


def smoothstep(x: Float32[np.ndarray, "z y x"]) -> Float32[np.ndarray, "z y x"]:
    """0 below 0, 1 above 1, and 3x² − 2x³ between."""
    x = np.clip(x, np.float32(0), np.float32(1))
    return x * x * (3 - 2 * x)


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int, int], spacing: Spacing, scale_mm: float
) -> Float32[np.ndarray, "z y x"]:
    """A random field of mean 0 and a standard deviation near 1 that changes over ``scale_mm``.

    Normal values on two lattices, of ``scale_mm`` and of 0.4 times as much, between which it is interpolated.
    """
    result = np.zeros(shape, np.float32)
    for step, height in ((scale_mm, 1.4), (0.4 * scale_mm, 0.7)):
        z, y, x = (_axis(rng, length, size / step) for length, size in zip(shape, spacing, strict=True))
        nodes = [int(first[-1]) + 2 for first, _ in (z, y, x)]
        lattice = rng.standard_normal(nodes, dtype=np.float32) * np.float32(height)
        _interpolate(lattice, *z, *y, *x, result)
    return result


def _axis(rng: np.random.Generator, length: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Lattice point before every voxel along one axis, and how far it is to the next one, smoothed."""
    position = np.arange(length) * step + rng.random()
    first = position.astype(np.int64)
    share = (position - first).astype(np.float32)
    return first, share * share * (3 - 2 * share)


@numba.njit(cache=True)
@no_type_check
def _interpolate(
    lattice: np.ndarray,
    at_z: np.ndarray,
    to_z: np.ndarray,
    at_y: np.ndarray,
    to_y: np.ndarray,
    at_x: np.ndarray,
    to_x: np.ndarray,
    result: np.ndarray,
) -> None:
    """Add the field between lattice points to the result."""
    one = np.float32(1)
    row = np.empty(lattice.shape[2], np.float32)
    for z in range(result.shape[0]):
        p, w = at_z[z], to_z[z]
        for y in range(result.shape[1]):
            q, v = at_y[y], to_y[y]
            for r in range(row.size):
                low = (one - v) * lattice[p, q, r] + v * lattice[p, q + 1, r]
                high = (one - v) * lattice[p + 1, q, r] + v * lattice[p + 1, q + 1, r]
                row[r] = (one - w) * low + w * high
            for x in range(result.shape[2]):
                r, u = at_x[x], to_x[x]
                result[z, y, x] += (one - u) * row[r] + u * row[r + 1]
