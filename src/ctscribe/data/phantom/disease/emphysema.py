"""Emphysema: holes in the lobules' centres, or a row of bullae under the pleura."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import add_haze, rarefy
from ctscribe.data.phantom.disease.lobules import lobules
from ctscribe.data.phantom.disease.lungs import UPPER, Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.disease.shares import Tube, Vector, tube_shares
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.level import Level
from ctscribe.types import Mask

Field = Float32[np.ndarray, "z y x"]

SEVERITIES = ("mild", "moderate", "severe")

LOSS = 0.93
"""Share of the tissue that a hole has lost at full conspicuity: lung of -850 HU falls to -990."""

WALL_HU = 180.0
"""What a bulla's wall of about 1 mm adds to the lung."""

LOBULE_MM = 13.0

LEAST_VOXELS = 12


def draw_emphysema(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Centrilobular emphysema, most of it high in the lungs, or paraseptal; its mask are the holes."""
    severity = graded(level, rng)
    paraseptal = rng.random() < 0.3
    lungs = Lungs.of(canvas, *UPPER) if paraseptal else Lungs.of(canvas)
    if lungs is None:
        return
    bullae = _bullae(lungs, rng, severity) if paraseptal else []
    weight = _holes(lungs, rng, severity) if not paraseptal else tube_shares(bullae, lungs.shape, lungs.spacing)
    weight *= lungs.open
    mask = (weight >= 0.5) & (lungs.hu < -600)
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return
    if paraseptal:
        wall = tube_shares([bulla.widened(1.5) for bulla in bullae], lungs.shape, lungs.spacing) - weight
        add_haze(lungs.hu, wall * lungs.open, WALL_HU * level.conspicuity)
    rarefy(lungs.hu, weight, LOSS * level.conspicuity)
    attributes = {"type": "paraseptal" if paraseptal else "centrilobular", "severity": SEVERITIES[severity]}
    lungs.record("emphysema", mask, attributes=attributes)


def _holes(lungs: Lungs, rng: np.random.Generator, severity: int) -> Field:
    """A hole around the centre of many lobules: the higher the more, the more severe the larger, until they merge."""
    cells = lobules(rng, lungs.open & (lungs.depth > 4), lungs.spacing, LOBULE_MM)
    reach = (3.0, 4.2, 6.0)[severity]
    size = (reach * (0.6 + 0.8 * rng.random(cells.numbers))).astype(np.float32)
    taste = rng.random(cells.numbers).astype(np.float32)
    chance = np.float32((0.15, 0.3, 0.5)[severity]) + np.float32(0.55) * (lungs.height - np.float32(0.45))
    chance = chance + np.float32(0.1) * smooth_noise(rng, lungs.shape, lungs.spacing, 45.0)
    border = size[cells.cell] - cells.centre_mm + smooth_noise(rng, lungs.shape, lungs.spacing, 7.0)
    return smoothstep(border / np.float32(3.0) + np.float32(0.5)) * (taste[cells.cell] < chance) * (cells.cell >= 0)


def _bullae(lungs: Lungs, rng: np.random.Generator, severity: int) -> list[Tube]:
    """Balls side by side under the pleura, in one place or two."""
    radius = (5.0, 6.5, 9.0)[severity]
    shell = lungs.open & (lungs.depth > 0.6 * radius) & (lungs.depth < 1.3 * radius) & (lungs.height > 0.35)
    starts = lungs.points(shell, rng, (1, 1, 2)[severity])
    return [ball for start in starts for ball in _row(lungs, rng, shell, start, radius, (8, 13, 14)[severity])]


def _row(lungs: Lungs, rng: np.random.Generator, shell: Mask, start: Vector, radius: float, count: int) -> list[Tube]:
    """Balls, each next to one that was there before."""
    reach = radius * (2 + math.sqrt(count))
    z, y, x = (
        slice(max(int((at - reach) / step), 0), int((at + reach) / step) + 1)
        for at, step in zip(start, lungs.spacing, strict=True)
    )
    near = np.zeros_like(shell)
    near[z, y, x] = shell[z, y, x]
    row: list[Tube] = []
    for centre in lungs.points(near, rng, 400):
        size = radius * (0.7 + 0.5 * rng.random())
        gaps = [_apart(centre, other.start) - 0.9 * (size + other.radius) for other in row]
        if not row or 0 < min(gaps) < radius:
            row.append(Tube.ball(centre, size))
        if len(row) == count:
            break
    return row


def _apart(a: Vector, b: Vector) -> float:
    z, y, x = (p - q for p, q in zip(a, b, strict=True))
    return math.sqrt(z * z + y * y + x * x)
