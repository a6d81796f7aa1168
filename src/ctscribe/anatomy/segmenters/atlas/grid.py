"""Isotropic working grids that share the first outer corner of the scan.

Everything between reading and the finished label map happens in mm along the scan's own axes, measured from that
corner, so the result does not depend on where the scanner put the origin.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Num, UInt8

from ctscribe.types import Spacing

Shape = tuple[int, int, int]


def cube(edge: float) -> Spacing:
    """Spacing of an isotropic grid."""
    return edge, edge, edge


def shape_at(shape: Shape, spacing: Spacing, target: float) -> Shape:
    """Voxels along (z, y, x) of the isotropic grid of ``target`` mm over the same field of view."""
    z, y, x = (max(1, round(n * s / target)) for n, s in zip(shape, spacing, strict=True))
    return z, y, x


def resample(
    image: Num[np.ndarray, "z y x"], spacing: Spacing, target: float, shape: Shape | None = None
) -> Float32[np.ndarray, "Z Y X"]:
    """Bring intensities to ``target`` mm: the mean over each output voxel, linear where the input is coarser."""
    result = image
    for axis, size in enumerate(shape or shape_at(image.shape, spacing, target)):
        result = _along(result, axis, size, target / spacing[axis])
    return result.astype(np.float32, copy=False)


def _along(image: np.ndarray, axis: int, size: int, ratio: float) -> np.ndarray:
    """Resample one axis; ``ratio`` input voxels make one output voxel."""
    centres = (np.arange(size) + 0.5) * ratio - 0.5
    reach = max(1.0, ratio) / 2 + 0.5
    taps = np.ceil(centres - reach).astype(int)[:, None] + np.arange(int(np.floor(2 * reach)) + 1)
    away = np.abs(taps - centres[:, None])
    weights = np.clip((reach if ratio > 1 else 1.0) - away, 0, 1)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    taps = np.clip(taps, 0, image.shape[axis] - 1)
    shape = [1, 1, 1]
    shape[axis] = -1
    result = image.take(taps[:, 0], axis=axis) * weights[:, 0].reshape(shape)
    for tap, weight in zip(taps.T[1:], weights.T[1:], strict=True):
        result += image.take(tap, axis=axis) * weight.reshape(shape)
    return result


def nearest(
    labels: UInt8[np.ndarray, "z y x"], spacing: float, shape: Shape, target: Spacing
) -> UInt8[np.ndarray, "Z Y X"]:
    """Labels of an isotropic working grid on the scan's own grid."""
    for axis, (size, step) in enumerate(zip(shape, target, strict=True)):
        index = ((np.arange(size) + 0.5) * step / spacing).astype(int)
        labels = labels.take(np.minimum(index, labels.shape[axis] - 1), axis=axis)
    return labels
