"""Fluid in the pleural cavity: a crescent along the back, deepest where the lying patient's chest is lowest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES, Side, left_half
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    Field,
    axial_diameter,
    eased,
    graded,
    grown,
    largest_piece,
    lungs_give_way,
    soft_edge,
)
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.types import Mask

VOLUMES_ML = ((20.0, 200.0), (200.0, 700.0), (700.0, 1200.0))
SIDES: tuple[tuple[Side, ...], ...] = (("left", "right"), ("right",), ("left",))
SIZES = ("small", "moderate", "large")
LARGEST_SHARE = 0.6  # of the hemithorax; more would leave no lung to compare with
GUARD = 2  # columns along the midline that stay free, so that the two sides' fluid never touches
LUNG_HU, AIR_LIKE_HU = -850.0, -150.0
LOBES_OF = {side: tuple(lobe for lobe in LOBES if lobe.endswith(side)) for side in ("left", "right")}


@dataclass(frozen=True, eq=False)
class Cavity:
    """One hemithorax: ``space`` is lung and the rim of lung density around it; ``floor`` and ``depth`` count rows.

    ``floor`` (z, x) is the last row of each column along y, -1 where there is none, and ``depth`` its voxels;
    ``aside`` counts columns from the midline.
    """

    side: Side
    window: Window
    space: Mask
    floor: Int64[np.ndarray, "z x"]
    depth: Int64[np.ndarray, "z x"]
    aside: Int64[np.ndarray, "z x"]


def draw_pleural_effusion(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Fluid on the right, the left or both sides; one finding each.

    Sizes by volume: small below 200 mL, moderate below 700 mL. On both sides about as often as on one, and alone
    rather right than left, as in heart failure. ``thickness_mm`` is the largest depth along y.
    """
    for side in SIDES[int(rng.choice(3, p=(0.45, 0.3, 0.25)))]:
        lowest, highest = VOLUMES_ML[graded(level, rng)]
        volume = lowest * (highest / lowest) ** rng.random()
        cavity = pleural_cavity(canvas, side)
        if cavity is not None:
            _fill(canvas, cavity, volume, rng)


def pleural_cavity(canvas: Canvas, side: Side) -> Cavity | None:
    """The hemithorax of a side, ``None`` where less than 200 mL of it are in view."""
    window = canvas.window(*LOBES_OF[side], margin_mm=7.0)
    if window is None:
        return None
    lung = canvas.mask(*LOBES_OF[side], window=window)
    near = grown(lung, 2, corners=1)
    airless = canvas.mask("trachea", "esophagus", "stomach", "colon", window=window)
    space = near & (canvas.hu[window] < AIR_LIKE_HU) & ~airless | lung
    if np.count_nonzero(space) * math.prod(canvas.spacing) < 200e3:
        return None
    aside = _columns_from_midline(canvas, window, side)
    space &= aside[:, None, :] > GUARD
    depth = np.count_nonzero(space, axis=1)
    rows = space.shape[1]
    floor = np.where(depth > 0, rows - 1 - space[:, ::-1].argmax(axis=1), -1)
    return Cavity(side, window, space, floor, depth, aside)


def crescent(cavity: Cavity, canvas: Canvas, volume_ml: float, ripple: Float32[np.ndarray, "z x"]) -> Field:
    """Depth in mm below the surface of so much fluid, negative above it.

    Over each column along y the surface stands at a height above the floor that is greatest where the floor is lowest
    and falls to nothing along the sides (the meniscus) and toward the apex; its scale is found by bisection. The
    surface is then smoothed, the more the deeper the fluid, since it does not follow every rib below it, and sinks
    toward the midline, where lung may reach over from the other side.
    """
    step = canvas.spacing[1]
    profile = _profile(cavity, canvas, volume_ml) * ripple
    sigma = (1.0, min(4 + volume_ml / 40, 18) / canvas.spacing[2])
    sunken = 40.0 / step * _falling(((cavity.aside - GUARD) / 8.0).astype(np.float32))
    wet = (profile > 0.02).astype(np.float32)
    near = ndimage.gaussian_filter(wet, sigma, mode="constant")
    column = volume_ml * 1000 / math.prod(canvas.spacing)
    low, high = 0.0, 400.0
    surface = cavity.floor + sunken
    for _ in range(12):
        scale = (low + high) / 2
        level = (cavity.floor - np.float32(scale / step) * profile) * wet
        surface = ndimage.gaussian_filter(level, sigma, mode="constant") / np.maximum(near, 1e-3)
        surface = np.where(near > 0.05, surface, np.float32(cavity.space.shape[1])) + sunken
        filled = np.clip(cavity.floor + np.float32(0.5) - surface, 0, cavity.depth).sum(dtype=np.float64)
        low, high = (scale, high) if filled < column else (low, scale)
    rows = np.arange(cavity.space.shape[1], dtype=np.float32)[None, :, None]
    return (rows - surface[:, None, :].astype(np.float32)) * np.float32(step)


def _profile(cavity: Cavity, canvas: Canvas, volume_ml: float) -> Float32[np.ndarray, "z x"]:
    """Relative height of the fluid over every column."""
    there = cavity.floor >= 0
    lowest = np.sort(cavity.floor[there])[-max(np.count_nonzero(there) // 50, 1)]
    climb = 45.0 + 0.07 * volume_ml  # mm above the lowest floor that the fluid's edge reaches
    rise = (lowest - cavity.floor).astype(np.float32) * np.float32(canvas.spacing[1] / climb)
    slices = np.flatnonzero(np.count_nonzero(there, axis=1))
    up = (np.arange(len(there)) - slices[0]).astype(np.float32) / np.float32(len(slices))
    reach = min(0.45 + volume_ml / 1500, 1.05)  # share of the lung's height
    profile = _falling(rise) * _falling(up / np.float32(reach))[:, None] * there
    return ndimage.gaussian_filter(profile, 1.0, mode="nearest") * there


def _falling(share: Float32[np.ndarray, "*grid"]) -> Float32[np.ndarray, "*grid"]:
    """1 at 0, falling smoothly to 0 at 1."""
    return eased(1 - share)


def _fill(canvas: Canvas, cavity: Cavity, volume_ml: float, rng: np.random.Generator) -> None:
    """Fill a cavity with so much fluid, as far as it has room, and record what came of it."""
    window, spacing, voxel_ml = cavity.window, canvas.spacing, math.prod(canvas.spacing) / 1000
    volume_ml = min(volume_ml, LARGEST_SHARE * np.count_nonzero(cavity.space) * voxel_ml)
    noise = smooth_noise(rng, (len(cavity.floor), 1, cavity.floor.shape[1]), spacing, 25.0)[:, 0]
    depth = crescent(cavity, canvas, volume_ml, 1 + np.float32(0.08) * noise)
    open_ = cavity.space & canvas.free(window)
    mask = largest_piece(open_ & (depth >= 0))
    volume = float(np.count_nonzero(mask)) * voxel_ml
    if volume < VOLUMES_ML[0][0] / 2:
        return
    fluid = rng.uniform(2, 16) + 3 * smooth_noise(rng, mask.shape, spacing, 9.0)
    near = grown(mask)
    canvas.blend(window, fluid, soft_edge(depth, spacing[1]) * (open_ & near))
    _close_rim(canvas, window, mask, near)
    lungs_give_way(canvas, window, mask)
    size = SIZES[sum(volume >= limits[0] for limits in VOLUMES_ML[1:])]
    thickness = float(mask.sum(axis=1).max()) * spacing[1]
    canvas.add(
        PhantomFinding(
            "pleural_effusion",
            (f"pleura_{cavity.side}",),
            cavity.side,
            {"size": size},
            {"thickness_mm": thickness},
            axial_diameter(mask, spacing),
        ),
        window,
        mask,
    )


def _close_rim(canvas: Canvas, window: Window, mask: Mask, near: Mask) -> None:
    """In the voxels that fluid and wall share, put fluid where the air was: what is below 20 HU held that much lung."""
    outside = near & ~mask & canvas.free(window) & ~canvas.mask(*LOBES, window=window)
    air = np.clip((20 - canvas.hu[window]) / np.float32(20 - LUNG_HU), 0, 1) * outside
    canvas.hu[window] += air * np.float32(10 - LUNG_HU)


def _columns_from_midline(canvas: Canvas, window: Window, side: Side) -> Int64[np.ndarray, "z x"]:
    """1, 2, … from the midline outward, 0 in the other half."""
    labelmap = LabelMap(canvas.labels, canvas.names, canvas.affine, source="phantom")
    left = left_half(labelmap, window)[:, 0]
    return np.cumsum(left, axis=1) if side == "left" else np.cumsum(~left[:, ::-1], axis=1)[:, ::-1]
