"""Healed rib fracture: a step in the rib, and callus around it."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64
from scipy import ndimage

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.depth import depth_mm
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    Field,
    Voxel,
    eased,
    graded,
    lungs_give_way,
    offsets,
    soft_edge,
    window_around,
)
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding, Side
from ctscribe.types import Mask

Vector = Float64[np.ndarray, " zyx"]

NUMBERS = tuple(range(3, 11))
LEAST_VOLUME_ML = 2.0
STEP_MM = (2.0, 4.5)
HALF_LENGTH_MM = (8.0, 13.0)
THICKNESS_MM = (3.0, 5.0)
CALLUS_HU = 380.0
REACH_MM = 26.0  # along the rib from the fracture to where the step has run out


def draw_rib_fracture(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Old fractures of one rib, or of two or three neighbours on a side; one finding for each rib."""
    wanted = 1 + int(rng.integers(0, graded(level, rng) + 1))
    side: Side = "left" if rng.random() < 0.5 else "right"
    first = int(rng.integers(len(NUMBERS)))
    for number in NUMBERS[first:] + NUMBERS[:first]:
        if wanted and _fracture(canvas, level, f"rib_{side}_{number}", side, rng):
            wanted -= 1


def _fracture(canvas: Canvas, level: Level, name: str, side: Side, rng: np.random.Generator) -> bool:
    """Fracture a rib at its side or back; whether enough of it is in view."""
    whole = canvas.window(name)
    if whole is None:
        return False
    rib = np.argwhere(canvas.mask(name, window=whole)) + [part.start for part in whole]
    if len(rib) * math.prod(canvas.spacing) < LEAST_VOLUME_ML * 1000:
        return False
    site = _site(rib, side, rng)
    along = _direction(rib, site, canvas)
    window = window_around(canvas, site, REACH_MM + 4)
    bone = canvas.mask(name, window=window)
    if not canvas.free(window)[bone].all():
        return False
    inward = _inward(along, side)
    _step(canvas, window, site, along, inward * rng.uniform(*STEP_MM) * max(level.conspicuity, 0.7))
    mask = _callus(canvas, level, name, window, site, along, rng)
    lungs_give_way(canvas, window, mask)
    canvas.labels[window][mask & (canvas.labels[window] == 0)] = canvas.ids(name)[0]
    canvas.add(PhantomFinding("rib_fracture", (name,), side), window, mask)
    return True


def _site(rib: np.ndarray, side: Side, rng: np.random.Generator) -> Voxel:
    """A voxel of the outer half of a rib, where most ribs break."""
    outward = rib[:, 2] if side == "left" else -rib[:, 2]
    outer = rib[np.argsort(outward, kind="stable")[len(rib) // 2 :]]
    z, y, x = outer[int(rng.integers(len(outer)))]
    return float(z), float(y), float(x)


def _direction(rib: np.ndarray, site: Voxel, canvas: Canvas) -> Vector:
    """Unit vector in mm along the rib, between its farthest voxels within 25 mm on either side of the site."""
    away = (rib - np.array(site)) * canvas.spacing
    distance = (away * away).sum(axis=1)
    near = away[distance <= 625.0]
    one = near[(near * near).sum(axis=1).argmax()]
    other = near[(near * one).sum(axis=1).argmin()]
    return _unit(one - other)


def _inward(along: Vector, side: Side) -> Vector:
    """Unit vector across the rib, in the axial plane, toward the lung."""
    across = np.array([0.0, along[2], -along[1]])
    toward_middle = -1.0 if side == "left" else 1.0
    return _unit(across if across[2] * toward_middle >= 0 else -across)


def _unit(vector: Vector) -> Vector:
    return vector / max(math.sqrt(float((vector * vector).sum())), 1e-9)


def _along_and_across(canvas: Canvas, window: Window, site: Voxel, along: Vector) -> tuple[Field, Field]:
    """mm along the rib from a site, and mm from its axis."""
    z, y, x = offsets(window, site, canvas.spacing)
    length = z * np.float32(along[0]) + y * np.float32(along[1]) + x * np.float32(along[2])
    across = np.maximum(z * z + y * y + x * x - length * length, 0)
    return length, np.sqrt(across)


def _step(canvas: Canvas, window: Window, site: Voxel, along: Vector, shift_mm: Vector) -> None:
    """Push the rib's part beyond the fracture aside; the push fades along the rib and away from it."""
    length, across = _along_and_across(canvas, window, site, along)
    amount = eased(length / np.float32(3) + np.float32(0.5)) * eased(1 - length / np.float32(REACH_MM))
    amount = amount * eased(np.float32(2.0) - across / np.float32(9))
    there = canvas.hu[window]
    grid = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in there.shape), indexing="ij")
    source = [at - amount * np.float32(mm / step) for at, mm, step in zip(grid, shift_mm, canvas.spacing, strict=True)]
    canvas.hu[window] = ndimage.map_coordinates(there, source, order=1, mode="nearest")


def _callus(
    canvas: Canvas, level: Level, name: str, window: Window, site: Voxel, along: Vector, rng: np.random.Generator
) -> Mask:
    """Bone that thickens the rib around the fracture, most at its middle; its voxels are the finding's."""
    length, across = _along_and_across(canvas, window, site, along)
    half = rng.uniform(*HALF_LENGTH_MM)
    thickness = np.float32(rng.uniform(*THICKNESS_MM)) * np.clip(1 - (length / np.float32(half)) ** 2, 0, 1)
    outside = depth_mm(~canvas.mask(name, window=window), canvas.spacing)
    depth = thickness + np.float32(0.5) * smooth_noise(rng, length.shape, canvas.spacing, 6.0) - outside
    depth = np.where((np.abs(length) < half) & (across < REACH_MM / 2), depth, np.float32(-9)).astype(np.float32)
    room = canvas.free(window)
    bone = np.float32(CALLUS_HU * (0.5 + 0.5 * level.conspicuity)) * np.clip(1 - outside / np.float32(12), 0, 1)
    canvas.blend(window, np.maximum(bone, canvas.hu[window]), soft_edge(depth, canvas.spacing[1]) * room)
    mask = (depth >= 0) & room
    mask[tuple(round(c) - part.start for c, part in zip(site, window, strict=True))] = True
    return mask
