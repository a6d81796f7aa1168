"""Simple cysts of the kidneys and the liver."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    axial_diameter,
    graded,
    grown,
    largest_piece,
    oval_depth,
    soft_edge,
    window_around,
)
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding, Side
from ctscribe.types import Mask

DIAMETERS_MM = ((8.0, 15.0), (15.0, 25.0), (25.0, 40.0))
FLUID_HU = (2.0, 13.0)
LEAST_ML = 15.0
"""An organ of which less is in view gets no cyst."""
GAP = 2
"""Voxels between two cysts, so that they are measured as two."""
FAT_HU = 20.0
"""What is below and belongs to no organ gives way to a cyst that bulges out of a kidney."""


def draw_kidney_cyst(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One to three cysts in, or bulging out of, a kidney; one finding each. The kidney's label takes the cyst in."""
    sides: tuple[Side, ...] = ("left", "right") if rng.random() < 0.5 else ("right", "left")
    wanted = 1 + int(rng.choice(3, p=(0.65, 0.25, 0.1)))
    for k in range(wanted):
        for side in (sides[k % 2], sides[(k + 1) % 2]):
            if _draw_cyst(canvas, level, "kidney_cyst", f"kidney_{side}", side, rng):
                break


def draw_liver_cyst(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One to three cysts in the liver; one finding each."""
    for _ in range(1 + int(rng.choice(3, p=(0.6, 0.25, 0.15)))):
        _draw_cyst(canvas, level, "liver_cyst", "liver", None, rng)


def _draw_cyst(
    canvas: Canvas, level: Level, kind: str, organ: str, side: Side | None, rng: np.random.Generator
) -> bool:
    """Draw one cyst where there is room, in a few attempts; whether there was."""
    whole = canvas.window(organ)
    if whole is None:
        return False
    inside = np.argwhere(canvas.mask(organ, window=whole) & _open(canvas, whole))
    if len(inside) * math.prod(canvas.spacing) < LEAST_ML * 1000:
        return False
    diameter = rng.uniform(*DIAMETERS_MM[graded(level, rng)])
    for shrunk in (1.0, 0.8, 0.65, 0.5, 0.4):
        for _ in range(3):
            z, y, x = inside[int(rng.integers(len(inside)))] + [part.start for part in whole]
            size = max(diameter * shrunk, DIAMETERS_MM[0][0])
            if _fits(canvas, level, kind, organ, side, (float(z), float(y), float(x)), size, rng):
                return True
    return False


def _fits(
    canvas: Canvas,
    level: Level,
    kind: str,
    organ: str,
    side: Side | None,
    centre: tuple[float, float, float],
    diameter: float,
    rng: np.random.Generator,
) -> bool:
    """Draw a cyst of a diameter at a place if all of it but a tenth has room there; whether it has."""
    window = window_around(canvas, centre, diameter / 2 + (GAP + 1) * max(canvas.spacing))
    squeezed = [rng.uniform(0.88, 1.0) * diameter / 2 for _ in range(2)]
    depth = oval_depth(window, centre, (squeezed[0], diameter / 2, squeezed[1]), canvas.spacing)
    room = _room(canvas, window, kind, organ)
    ball = depth >= 0
    mask = largest_piece(ball & room)
    if np.count_nonzero(mask) < max(0.93 * np.count_nonzero(ball), 2) or _touches(canvas, window, kind, mask):
        return False
    weight = soft_edge(depth, canvas.spacing[1]) * room
    fluid = _fluid_hu(level, rng) + 3 * smooth_noise(rng, mask.shape, canvas.spacing, 6.0)
    canvas.blend(window, fluid, weight)
    canvas.labels[window][mask] = canvas.ids(organ)[0]
    canvas.add(PhantomFinding(kind, (organ,), side, diameter_mm=axial_diameter(mask, canvas.spacing)), window, mask)
    return True


def _room(canvas: Canvas, window: Window, kind: str, organ: str) -> Mask:
    room = canvas.mask(organ, window=window)
    if kind == "kidney_cyst":
        room = room | ((canvas.labels[window] == 0) & (canvas.hu[window] < FAT_HU) & (canvas.hu[window] > -200))
    return room & _open(canvas, window)


def _open(canvas: Canvas, window: Window) -> Mask:
    """Voxels of no finding, or only of a fatty liver."""
    numbers = [0, *(one.number for one in canvas.findings if one.kind == "hepatic_steatosis")]
    return np.isin(canvas.instances[window], numbers)


def _touches(canvas: Canvas, window: Window, kind: str, mask: Mask) -> bool:
    """Whether another cyst of the kind lies within ``GAP`` voxels."""
    numbers = [one.number for one in canvas.findings if one.kind == kind]
    others = np.isin(canvas.instances[window], numbers)
    return bool((grown(mask, GAP, corners=3) & others).any())


def _fluid_hu(level: Level, rng: np.random.Generator) -> float:
    """Water; the harder the level, the nearer to the upper end of what a simple cyst may have."""
    low, high = FLUID_HU
    return low + (high - low) * (1 - level.conspicuity * rng.random())
