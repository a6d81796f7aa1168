"""Soft shapes: ovals with an edge as wide as a voxel, and what gives way to them."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float32, Int32
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.level import Level
from ctscribe.types import Mask, Spacing

Field = Float32[np.ndarray, "z y x"]
Axis = Float32[np.ndarray, "_ _ _"]
Voxel = tuple[float, float, float]
"""A position as an array index (z, y, x), between voxels too."""


def graded(level: Level, rng: np.random.Generator) -> int:
    """0 for mild or small, 1 for moderate, 2 for severe or large, weighted as the level has them."""
    chance = rng.random() * sum(level.severities)
    return int(chance >= level.severities[0]) + int(chance >= level.severities[0] + level.severities[1])


def window_around(canvas: Canvas, centre: Voxel, reach_mm: float) -> Window:
    """The box of voxels at most ``reach_mm`` from a position along each axis, as far as the grid reaches."""
    z, y, x = (
        slice(max(math.floor(c - reach_mm / step), 0), min(math.ceil(c + reach_mm / step) + 1, length))
        for c, step, length in zip(centre, canvas.spacing, canvas.hu.shape, strict=True)
    )
    return z, y, x


def offsets(window: Window, centre: Voxel, spacing: Spacing) -> tuple[Axis, Axis, Axis]:
    """mm from a position to the window's voxels along (z, y, x), each along its own axis alone."""
    z, y, x = (
        ((np.arange(part.start, part.stop) - c) * step).astype(np.float32)
        for part, c, step in zip(window, centre, spacing, strict=True)
    )
    return z[:, None, None], y[None, :, None], x[None, None, :]


def oval_depth(
    window: Window, centre: Voxel, radii_mm: tuple[float, float, float], spacing: Spacing, turn: float = 0.0
) -> Field:
    """Depth in mm below the surface of an ellipsoid, negative outside; exact for a ball, near the surface otherwise.

    ``turn`` rotates it in the axial plane, in radians from y toward x.
    """
    z, y, x = offsets(window, centre, spacing)
    cosine, sine = math.cos(turn), math.sin(turn)
    along, across = y * cosine + x * sine, x * cosine - y * sine
    radius = (z / radii_mm[0]) ** 2 + (along / radii_mm[1]) ** 2 + (across / radii_mm[2]) ** 2
    return ((1 - np.sqrt(radius)) * min(radii_mm)).astype(np.float32)


def eased(share: Float32[np.ndarray, "*grid"]) -> Float32[np.ndarray, "*grid"]:
    """0 below 0, 1 above 1, and 3x² − 2x³ between; of any number of axes."""
    share = np.clip(share, np.float32(0), np.float32(1))
    return share * share * (3 - 2 * share)


def soft_edge(depth_mm: Field, width_mm: float) -> Field:
    """Weight from depth: 0.5 on the surface, 0 and 1 half a width outside and inside it."""
    return eased(depth_mm / np.float32(width_mm) + np.float32(0.5))


def pieces(mask: Bool[np.ndarray, "*grid"]) -> tuple[Int32[np.ndarray, "*grid"], int]:
    """Components of a mask, connected by faces, edges and corners: their numbers, and how many there are."""
    numbers = np.zeros(mask.shape, np.int32)
    count = ndimage.label(mask, np.ones((3,) * mask.ndim, bool), output=numbers)
    return numbers, int(count)  # pyright: ignore[reportArgumentType]


def largest_piece(mask: Mask) -> Mask:
    """The largest 26-connected component of a mask."""
    numbers, count = pieces(mask)
    return mask if count < 2 else numbers == 1 + np.bincount(numbers.ravel())[1:].argmax()


def grown(mask: Mask, times: int = 1, *, corners: int = 2) -> Mask:
    """A mask and its neighbours: by faces (``corners`` 1), edges too (2), or corners as well (3)."""
    return np.asarray(ndimage.binary_dilation(mask, ndimage.generate_binary_structure(3, corners), times), bool)


def averaged(field: Field, size: tuple[int, int, int]) -> Field:
    """Mean over a box of so many voxels around each; the border is repeated."""
    return ndimage.uniform_filter(field, size, mode="nearest")  # pyright: ignore[reportArgumentType]


def lungs_give_way(canvas: Canvas, window: Window, mask: Mask) -> None:
    """Take the voxels of a mask from the lungs' labels."""
    canvas.labels[window][mask & canvas.mask(*LOBES, window=window)] = 0


def axial_diameter(mask: Mask, spacing: Spacing) -> float:
    """Longest side in mm of the box around a mask in the axial plane, as ``measure_lesions`` takes it."""
    sides = (np.flatnonzero(mask.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    return max((int(at[-1] - at[0]) + 1) * step for at, step in zip(sides, spacing[1:], strict=True))
