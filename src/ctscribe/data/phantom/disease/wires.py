"""Lines and tubes thinner than a voxel: a share of each voxel they pass, blurred as a scanner does."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.soft_tissue import Field
from ctscribe.types import Spacing

Course = Float64[np.ndarray, "_ 3"]
"""A line as positions (z, y, x) in array indices."""

STEP = 0.7  # mm between the points that a line is drawn with
SPOKES = 24  # points that a cross-section is drawn with
GOLDEN_ANGLE = 2.399963  # radians; spreads points evenly over a disc


def centreline(canvas: Canvas, *names: str) -> Course:
    """Centre of a structure in every axial slice that it reaches, from the head down."""
    window = canvas.window(*names)
    if window is None:
        return np.zeros((0, 3))
    mask = canvas.mask(*names, window=window)
    rows, columns, counts = mask.sum(axis=2), mask.sum(axis=1), mask.sum(axis=(1, 2))
    filled = np.flatnonzero(counts)[::-1]
    y = (rows * np.arange(rows.shape[1])).sum(axis=1)[filled] / counts[filled] + window[1].start
    x = (columns * np.arange(columns.shape[1])).sum(axis=1)[filled] / counts[filled] + window[2].start
    return np.stack([filled + float(window[0].start), y, x], axis=1)


def smoothed(course: Course, times: int = 2) -> Course:
    """The course with every inner point moved half way to the middle of its neighbours, so many times."""
    for _ in range(times):
        course = course.copy()
        course[1:-1] = course[1:-1] / 2 + (course[:-2] + course[2:]) / 4
    return course


def length_mm(course: Course, spacing: Spacing) -> float:
    """Length of a course."""
    return sum(_length(end - start, spacing) for start, end in pairwise(course))


def window_along(canvas: Canvas, course: Course, margin_mm: float) -> Window | None:
    """The box around a course, as far as the grid reaches; ``None`` where it lies outside the grid."""
    box = tuple(
        slice(max(math.floor(low), 0), min(math.floor(high) + 1, length))
        for low, high, length in zip(course.min(axis=0), course.max(axis=0), canvas.hu.shape, strict=True)
    )
    if any(part.start >= part.stop for part in box):
        return None
    return canvas.widened(box, margin_mm)  # pyright: ignore[reportArgumentType]


def filled_share(window: Window, course: Course, radius_mm: float, spacing: Spacing, inner_mm: float = 0.0) -> Field:
    """Share of each voxel of the window that a tube along a course fills.

    Its wall lies between ``inner_mm`` and ``radius_mm``. Points spread over the tube are shared out among the eight
    voxels around each, which conserves the volume and blurs by a voxel. What leaves the window is not drawn.
    """
    line = _stepped(course, spacing)
    points = _spread(line, radius_mm, inner_mm, spacing) - [part.start for part in window]
    shape = tuple(part.stop - part.start for part in window)
    share = np.zeros(math.prod(shape))
    first = np.floor(points).astype(np.intp)
    beyond = points - first
    for corner in np.ndindex(2, 2, 2):
        at = first + corner
        weight = np.where(corner, beyond, 1 - beyond).prod(axis=1)
        inside = ((at >= 0) & (at < shape)).all(axis=1)
        flat = (at[inside, 0] * shape[1] + at[inside, 1]) * shape[2] + at[inside, 2]
        share += np.bincount(flat, weight[inside], minlength=share.size)
    area = math.pi * (radius_mm * radius_mm - inner_mm * inner_mm)
    volume = area * max(length_mm(course, spacing), 2 * radius_mm)
    return np.minimum(share * (volume / len(points) / math.prod(spacing)), 1).reshape(shape).astype(np.float32)


def _stepped(course: Course, spacing: Spacing) -> Course:
    pieces = [course[:1]]
    for start, end in pairwise(course):
        count = max(math.ceil(_length(end - start, spacing) / STEP), 1)
        pieces.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)


def _spread(line: Course, radius_mm: float, inner_mm: float, spacing: Spacing) -> Course:
    """Every point of a line spread over the tube's cross-section there."""
    if len(line) < 3:
        return line
    tangent = np.empty_like(line)
    tangent[1:-1], tangent[0], tangent[-1] = line[2:] - line[:-2], line[1] - line[0], line[-1] - line[-2]
    tangent = _unit(tangent * spacing)
    across = _unit(np.cross(tangent, np.where(np.abs(tangent[:, :1]) > 0.7, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))))
    upward = np.cross(tangent, across)
    rings = []
    for k in range(SPOKES):
        radius = math.sqrt(inner_mm * inner_mm + (radius_mm * radius_mm - inner_mm * inner_mm) * (k + 0.5) / SPOKES)
        turn = k * GOLDEN_ANGLE
        rings.append(line + (across * (radius * math.cos(turn)) + upward * (radius * math.sin(turn))) / spacing)
    return np.concatenate(rings)


def _unit(vectors: Course) -> Course:
    return vectors / np.maximum(np.sqrt((vectors * vectors).sum(axis=1, keepdims=True)), 1e-9)


def _length(step: Float64[np.ndarray, " zyx"], spacing: Spacing) -> float:
    z, y, x = (float(part) * size for part, size in zip(step, spacing, strict=True))
    return math.sqrt(z * z + y * y + x * x)
