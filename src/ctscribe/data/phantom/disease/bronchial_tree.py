"""Paths that airways could take: no label map has bronchi, so they are grown, from a lobe's root to its periphery."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ctscribe.data.phantom.disease.lumps import unit_vector
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.shares import Tube, Vector
from ctscribe.types import Mask

NARROWING = 0.8
"""Radius of an airway over its parent's: the cube root of a half, as Hess and Murray have it."""

PLEURA_MM = 6.0
"""No airway is seen nearer to the pleura."""

ATTEMPTS = 6


class Branch(NamedTuple):
    """A piece of airway, and how many forks lie before it."""

    tube: Tube
    generation: int


def root_of(lungs: Lungs) -> Vector:
    """Where a lobe's airways enter it, in mm from the window's first voxel: its point nearest to the carina."""
    depth = np.where(lungs.lobes > 0, lungs.depth, np.float32(0))
    # What fluid has left of a lobe may be thin everywhere.
    inside = np.argwhere(depth > min(PLEURA_MM, float(depth.max()) / 2)) * np.array(lungs.spacing)
    away = ((inside - np.array(_carina(lungs))) * (0.5, 1.0, 1.0)) ** 2  # a lobe's bronchus runs down before it enters
    z, y, x = inside[int((away[:, 0] + away[:, 1] + away[:, 2]).argmin())]
    return float(z), float(y), float(x)


def _carina(lungs: Lungs) -> Vector:
    """Where the trachea ends; the middle of the grid where there is none."""
    canvas = lungs.canvas
    window = canvas.window("trachea")
    if window is None:
        voxel = [length / 2 for length in canvas.hu.shape]
    else:
        end = canvas.mask("trachea", window=window)[0]
        rows, columns = np.nonzero(end)
        voxel = [window[0].start, window[1].start + rows.mean(), window[2].start + columns.mean()]
    z, y, x = ((float(v) - part.start) * step for v, part, step in zip(voxel, lungs.window, lungs.spacing, strict=True))
    return z, y, x


def grown_airways(
    lungs: Lungs, rng: np.random.Generator, target: Mask, radius: float, *, forks: int = 4, step_mm: float = 15.0
) -> list[Branch]:
    """Forking airways of a lobe toward a voxel of a mask, ending where they would leave it or reach the pleura.

    Where the lobe's root is so narrow that they end at once, another voxel is tried.
    """
    root, branches = root_of(lungs), list[Branch]()
    for toward in lungs.points(target, rng, ATTEMPTS):
        branches = _grown(lungs, rng, root, toward, radius, forks, step_mm)
        if len(branches) > 2 * forks:
            break
    return branches


def _grown(
    lungs: Lungs, rng: np.random.Generator, root: Vector, toward: Vector, radius: float, forks: int, step_mm: float
) -> list[Branch]:
    tips = [(root, _unit(tuple(b - a for a, b in zip(root, toward, strict=True))), radius)]
    branches: list[Branch] = []
    for generation in range(forks + 1):
        following = []
        for start, direction, width in tips:
            pieces, end, direction = _piece(
                lungs,
                rng,
                start,
                direction,
                width,
                step_mm * (0.7 + 0.6 * rng.random()),
                PLEURA_MM if generation else 0.0,
            )
            branches += [Branch(piece, generation) for piece in pieces]
            if len(pieces) == 2:
                following += [(end, side, width * NARROWING) for side in _forked(rng, direction)]
        tips = following
    return branches


def _piece(
    lungs: Lungs,
    rng: np.random.Generator,
    start: Vector,
    direction: Vector,
    radius: float,
    length: float,
    pleura_mm: float,
) -> tuple[list[Tube], Vector, Vector]:
    """Two straight halves with a slight bend; fewer where the lobe ends."""
    tubes: list[Tube] = []
    for _ in range(2):
        ways = (_unit(_sum(direction, unit_vector(rng), bend)) for bend in (0.2, 0.4, 0.6, 0.8, 1.0, 1.5))
        found = next((way for way in ways if _within(lungs, _sum(start, way, length / 2), pleura_mm)), None)
        if found is None:
            break
        direction, end = found, _sum(start, found, length / 2)
        tubes.append(Tube(start, end, radius, radius * 0.93))
        start = end
    return tubes, start, direction


def _forked(rng: np.random.Generator, direction: Vector) -> tuple[Vector, Vector]:
    """Two directions, some 30 degrees to either side, in a random plane."""
    across = unit_vector(rng)
    along = sum(a * b for a, b in zip(across, direction, strict=True))
    across = _unit(_sum(across, direction, -along))
    return _unit(_sum(direction, across, 0.6)), _unit(_sum(direction, across, -0.5))


def _within(lungs: Lungs, point: Vector, pleura_mm: float) -> bool:
    z, y, x = (round(p / step) for p, step in zip(point, lungs.spacing, strict=True))
    depth, rows, columns = lungs.shape
    return (
        0 <= z < depth
        and 0 <= y < rows
        and 0 <= x < columns
        and bool(lungs.lobes[z, y, x] and lungs.depth[z, y, x] > pleura_mm)
    )


def _sum(a: Vector, b: Vector, times: float) -> Vector:
    return a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]


def _unit(vector: tuple[float, ...]) -> Vector:
    z, y, x = vector
    length = math.sqrt(z * z + y * y + x * x) or 1.0
    return z / length, y / length, x / length
