"""A smooth random displacement of everything, that cannot fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ctscribe.types import Spacing

CONTROL_MM = 55.0
"""Distance of the control points: finer would bend single bones."""

STEEPEST = 0.6
"""Bound on the displacement's slope; any value below 1 is free of folds."""


@dataclass(frozen=True, eq=False)
class Warp:
    """A cubic B-spline over a grid: in mm along (z, y, x).

    Parameters
    ----------
    firsts : for each axis, a voxel's first control point.
    weights : for each axis, the weights of a voxel's four control points.
    coefficients : displacement of the control points.
    """

    firsts: tuple[Int64[np.ndarray, " _"], Int64[np.ndarray, " _"], Int64[np.ndarray, " _"]]
    weights: tuple[Float64[np.ndarray, "_ 4"], Float64[np.ndarray, "_ 4"], Float64[np.ndarray, "_ 4"]]
    coefficients: Float64[np.ndarray, "_ _ _ 3"]


def random_warp(seed: int, deviation_mm: float, size: tuple[int, int, int], spacing: Spacing) -> Warp:
    """A warp with control points of this standard deviation, less where it would be too steep.

    The slope of a cubic B-spline along an axis is a mean of its coefficients' differences over their distance. As long
    as, for each component, these slopes summed over the axes stay below 1, identity plus warp is invertible and its
    Jacobian positive (Choi and Lee, Graphical Models 2000, give a bound of the same kind).
    """
    length = [n * step for n, step in zip(size, spacing, strict=True)]
    intervals = [max(1, round(mm / CONTROL_MM)) for mm in length]
    shape = [count + 3 for count in intervals]
    coefficients = deviation_mm * np.random.default_rng(seed).standard_normal((*shape, 3))
    slope = np.zeros(3)
    for axis in range(3):
        difference = np.abs(np.diff(coefficients, axis=axis)).max(axis=(0, 1, 2))
        slope += difference * intervals[axis] / length[axis]
    coefficients = np.round(coefficients * np.minimum(1, STEEPEST / np.maximum(slope, 1e-9)), 6)
    z, y, x = (_taps(n, count) for n, count in zip(size, intervals, strict=True))
    return Warp((z[0], y[0], x[0]), (z[1], y[1], x[1]), coefficients)


def _taps(size: int, intervals: int) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, "n 4"]]:
    """First control point and weights of the centres of ``size`` voxels that share so many intervals."""
    at = (np.arange(size) + 0.5) * intervals / size
    first = at.astype(np.int64)
    t = at - first
    s = 1 - t
    weights = [s * s * s, 3 * t * t * t - 6 * t * t + 4, 3 * s * s * s - 6 * s * s + 4, t * t * t]
    return first, np.stack(weights, axis=1) / 6
