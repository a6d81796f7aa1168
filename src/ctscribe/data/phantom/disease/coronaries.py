"""Where the coronary arteries run: on the surface of the heart, in the grooves between its chambers."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.wires import Course, smoothed
from ctscribe.types import Mask

COURSES = {
    "left anterior descending": ((0.95, -40.0), (0.75, -42.0), (0.5, -45.0), (0.3, -38.0), (0.15, -20.0)),
    "circumflex": ((0.95, -25.0), (0.8, 5.0), (0.65, 30.0), (0.5, 48.0), (0.4, 60.0)),
    "right coronary": ((0.9, -125.0), (0.7, -145.0), (0.5, -158.0), (0.32, 178.0), (0.2, 150.0)),
}
"""Artery → height in the heart (0 lowest, 1 where the aorta leaves), and angle around it in degrees: 0 patient left,
−90 front, 180 right; after the usual anatomy of the interventricular and atrioventricular grooves."""

LEAST_ML = 100.0


def coronary_courses(canvas: Canvas) -> dict[str, Course]:
    """The courses of the three arteries on the heart; none where the heart is cut by the field of view."""
    window = canvas.window("heart")
    if window is None:
        return {}
    heart = canvas.mask("heart", "aorta", window=window)
    areas = np.count_nonzero(canvas.mask("heart", window=window), axis=(1, 2))
    if areas.sum() * math.prod(canvas.spacing) < LEAST_ML * 1000:
        return {}
    solid = np.flatnonzero(areas >= 0.45 * areas.max())
    low, high = int(np.flatnonzero(areas >= 0.15 * areas.max())[0]), int(solid[-1])
    if high - low < 3:
        return {}
    start = np.array([part.start for part in window], float)
    return {name: _course(heart, low, high, points, canvas) + start for name, points in COURSES.items()}


def _course(heart: Mask, low: int, high: int, points: tuple[tuple[float, float], ...], canvas: Canvas) -> Course:
    heights, angles = np.array([h for h, _ in points])[::-1], np.array([a for _, a in points])[::-1]
    angles = np.where(angles > 90, angles - 360, angles) if angles.min() < -100 else angles
    course = []
    for height in np.linspace(points[0][0], points[-1][0], 16):
        level = low + height * (high - low)
        course.append(
            (level, *_surface(heart[round(level)], math.radians(float(np.interp(height, heights, angles))), canvas))
        )
    return smoothed(np.array(course), times=3)


def _surface(plane: np.ndarray, angle: float, canvas: Canvas) -> tuple[float, float]:
    """Row and column 1 mm outside the plane's outline, seen from its centre."""
    rows, columns = np.nonzero(plane)
    y, x = float(rows.mean()), float(columns.mean())
    step: Float64[np.ndarray, " 2"] = np.array(
        [math.sin(angle) / canvas.spacing[1], math.cos(angle) / canvas.spacing[2]]
    )
    reach = 0.0
    for distance in np.arange(0.0, 120.0):
        row, column = round(y + distance * step[0]), round(x + distance * step[1])
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1] and plane[row, column]:
            reach = float(distance)
    return y + (reach + 1) * float(step[0]), x + (reach + 1) * float(step[1])
