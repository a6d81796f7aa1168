"""From one grid to another: intensities linearly and anti-aliased, masks by nearest voxel or majority.

A voxel is a box around its centre. A grid of another spacing covers the same boxes, so outer edges stay where they are
and a physical point keeps its intensity and its position in mm. Where the new voxels are larger than the old by a
factor s, the linear interpolant is averaged over √(s² - 1) old voxels along that axis: nothing at s = 1, the whole new
voxel as s grows, and a linear ramp comes out exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ctscribe.ct import resampling_kernels as kernels
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Affine, Spacing

Order = Literal["linear", "nearest", "majority"]

ALIGNED_VOXELS = 1e-3
"""Axes count as aligned when, over the whole grid, they part by less than this fraction of a voxel."""


def resample(
    volume: CTVolume, *, spacing: Spacing | None = None, shape: tuple[int, int, int] | None = None
) -> CTVolume:
    """The volume at another voxel size, covering the same box.

    Parameters
    ----------
    spacing : mm along (z, y, x), kept exactly; the number of voxels is the nearest that covers the box, centred on it.
    shape : or voxels along (z, y, x), kept exactly, with the box; the spacing follows.

    Returns
    -------
    CTVolume : same number type, so that integral HU stay integral. Its slices are no longer the series' slices.
    """
    if (spacing is None) == (shape is None):
        raise ValueError("give either a spacing or a shape")
    affine, shape = scaled_grid(volume.affine, volume.shape, spacing=spacing, shape=shape)
    hu = resample_onto(volume.hu, volume.affine, affine, shape)
    dicom = volume.meta.dicom and replace(volume.meta.dicom, aligned=False)
    return CTVolume(hu, affine, replace(volume.meta, dicom=dicom))


def scaled_grid(
    affine: Affine,
    old_shape: tuple[int, int, int],
    *,
    spacing: Spacing | None = None,
    shape: tuple[int, int, int] | None = None,
) -> tuple[Affine, tuple[int, int, int]]:
    """Affine and shape of a grid with the same axes and centre, of the given spacing or the given shape."""
    old_spacing = np.linalg.norm(affine[:3, :3], axis=0)
    size = old_spacing * old_shape
    if shape is None:
        # Half a voxel rounds up, whatever the last bit of the quotient.
        z, y, x = np.maximum(1, np.floor(size / np.array(spacing) + 0.5 + 1e-6)).astype(int)
        shape = int(z), int(y), int(x)
    else:
        sz, sy, sx = size / shape
        spacing = float(sz), float(sy), float(sx)
    matrix = affine[:3, :3] / old_spacing * np.array(spacing)
    centre = affine[:3, :3] @ ((np.array(old_shape) - 1) / 2) + affine[:3, 3]
    scaled = np.eye(4)
    scaled[:3, :3] = matrix
    scaled[:3, 3] = centre - matrix @ ((np.array(shape) - 1) / 2)
    return scaled, shape


def resample_onto(
    array: np.ndarray,
    affine: Affine,
    target_affine: Affine,
    target_shape: tuple[int, int, int],
    *,
    order: Order = "linear",
    background: float = 0,
) -> np.ndarray:
    """An array brought onto another grid, of any orientation.

    Parameters
    ----------
    array : any 3-D real array; ``linear`` returns integers rounded.
    affine, target_affine : index → LPS mm of the array and of the wanted grid.
    target_shape : voxels of the wanted grid.
    order : ``linear`` for intensities; ``nearest`` for masks and label maps; ``majority`` for label maps that shrink:
        the label with the largest share of the new voxel, the nearest one on a tie. The last two make no new labels.
    background : value beyond the array's outer edges (half a voxel beyond the outermost centres).
    """
    step = np.linalg.solve(affine, target_affine)
    matrix, start = np.ascontiguousarray(step[:3, :3]), np.ascontiguousarray(step[:3, 3])
    source = np.ascontiguousarray(array)
    if source.dtype == bool:
        return resample_onto(
            source.view(np.uint8), affine, target_affine, target_shape, order=order, background=int(bool(background))
        ).view(bool)
    axes = np.argmax(np.abs(matrix), axis=0)
    along = matrix[axes, range(3)]
    strays = np.abs(matrix)
    strays[axes, range(3)] = 0
    result = np.empty(target_shape, dtype=source.dtype)
    fill = float(background)
    if len(set(axes.tolist())) == 3 and (strays @ np.array(target_shape)).max() < ALIGNED_VOXELS:
        source = np.ascontiguousarray(source.transpose(axes))
        _separable(source, along, start[axes], result, order, fill)
    else:
        _rotated(source, matrix, start, result, order, fill)
    return result


def _separable(
    source: np.ndarray, along: np.ndarray, start: np.ndarray, result: np.ndarray, order: Order, fill: float
) -> None:
    axes = [
        (a * np.arange(n) + s, size, abs(float(a)))
        for a, s, n, size in zip(along, start, result.shape, source.shape, strict=True)
    ]
    holding = _per_axis([nearest(centres, size) for centres, size, _ in axes])
    if order == "nearest" or (order == "majority" and np.abs(along).max() <= 1):
        kernels.pick_nearest(source, holding, fill, result)
        return
    taps = [(linear_weights if order == "linear" else box_shares)(*axis) for axis in axes]
    firsts, weights = _per_axis([first for first, _ in taps]), _per_axis([weight for _, weight in taps])
    if order == "linear":
        kernels.weigh_linear(source, firsts, weights, source.dtype.kind in "iu", fill, result)
    else:
        kernels.vote(source, firsts, weights, holding, fill, result)


def _per_axis(arrays: list[np.ndarray]) -> kernels.PerAxis:
    z, y, x = arrays
    return z, y, x


def _rotated(
    source: np.ndarray, matrix: np.ndarray, start: np.ndarray, result: np.ndarray, order: Order, fill: float
) -> None:
    """Sampled at a regular set of points inside each new voxel: as many along an axis as it holds old voxels."""
    counts = np.maximum(1, np.ceil(np.linalg.norm(matrix, axis=0) - 1e-6)).astype(np.int64)
    if order == "nearest":
        counts[:] = 1
    inside = np.stack(np.meshgrid(*[(np.arange(c) + 0.5) / c - 0.5 for c in counts], indexing="ij"), axis=-1)
    offsets = inside.reshape(-1, 3) @ matrix.T
    if order == "linear":
        kernels.average_points(source, matrix, start, offsets, source.dtype.kind in "iu", fill, result)
    else:
        kernels.vote_points(source, matrix, start, offsets, fill, result)


def nearest(centres: np.ndarray, size: int) -> np.ndarray:
    """Index of the old voxel whose box holds each new centre; -1 beyond the outer edges. (n,) int64."""
    index = np.floor(centres + 0.5 + 1e-9).astype(np.int64)
    # A centre that rounding puts a hair beyond an edge still belongs to the outermost voxel.
    index[np.abs(centres - (size - 0.5)) < 1e-6] = size - 1
    index[np.abs(centres + 0.5) < 1e-6] = 0
    index[(index < 0) | (index >= size)] = -1
    return index


def linear_weights(centres: np.ndarray, size: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """First old voxel and weights of the linear interpolant averaged over a box of √(step² - 1) voxels.

    Returns
    -------
    first : (n,) int64, -1 beyond the outer edges.
    weights : (n, taps) float32; they sum to one, and their first moment is the new centre wherever the box lies
        between the outermost old centres. Beyond these the interpolant is constant.
    """
    width = float(np.sqrt(max(step * step - 1, 0)))
    taps = int(np.ceil(width - 1e-9)) + 2
    low = np.floor(centres - width / 2 + 1e-9).astype(np.int64)
    grid = low[:, None] + np.arange(taps)
    distance = grid - centres[:, None]
    if width > 1e-6:
        raw = (_tent_integral(width / 2 - distance) - _tent_integral(-width / 2 - distance)) / width
    else:
        raw = np.maximum(0, 1 - np.abs(distance))
    return _folded(grid, raw, size, nearest(centres, size) < 0)


def box_shares(centres: np.ndarray, size: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """First old voxel, and the share of each in the new voxel, a box of ``step`` old voxels. Shapes as above.

    What of the box lies beyond the outer edges has no say.
    """
    width = max(step, 1e-6)
    taps = int(np.ceil(width)) + 1
    low = np.floor(centres - width / 2 + 0.5 + 1e-9).astype(np.int64)
    grid = low[:, None] + np.arange(taps)
    left = np.maximum(grid - 0.5, centres[:, None] - width / 2)
    right = np.minimum(grid + 0.5, centres[:, None] + width / 2)
    raw = np.where((grid >= 0) & (grid < size), np.maximum(0, right - left), 0)
    return _folded(grid, raw, size, nearest(centres, size) < 0)


def _folded(grid: np.ndarray, raw: np.ndarray, size: int, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights that fall outside the array are given to its outermost voxel."""
    taps = min(grid.shape[1], size)
    first = np.clip(grid[:, 0], 0, size - taps)
    weights = np.zeros((len(grid), taps))
    rows = np.repeat(np.arange(len(grid)), grid.shape[1])
    columns = np.clip(np.clip(grid, 0, size - 1) - first[:, None], 0, taps - 1).ravel()
    np.add.at(weights, (rows, columns), raw.ravel())
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return np.where(outside, -1, first), weights.astype(np.float32)


def _tent_integral(t: np.ndarray) -> np.ndarray:
    """∫ of the tent function max(0, 1 - |u|) from -∞ to t."""
    t = np.clip(t, -1, 1)
    return np.where(t < 0, (1 + t) ** 2 / 2, 1 - (1 - t) ** 2 / 2)
