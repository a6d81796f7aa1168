"""Fluid in the pericardium: a band around the heart, thickest below and behind."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from ctscribe.anatomy.distances import distance_to
from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    Field,
    axial_diameter,
    graded,
    grown,
    largest_piece,
    lungs_give_way,
    offsets,
    soft_edge,
)
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.types import Mask

THICKNESS_MM = ((5.0, 9.5), (11.0, 19.0), (21.0, 28.0))
SIZES = ("small", "moderate", "large")
BOUNDS_MM = (10.0, 20.0)
"""Largest thickness above which an effusion is moderate, and large (ESC guidelines on pericardial diseases, 2015)."""


def draw_pericardial_effusion(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One band of 0–25 HU around the heart; fat and lung give way, vessels and other organs do not.

    ``thickness_mm`` is the largest distance of its voxels from the heart.
    """
    lowest, highest = THICKNESS_MM[graded(level, rng)]
    thickest = rng.uniform(lowest, highest)
    window = canvas.window("heart", margin_mm=thickest + 6)
    if window is None or np.count_nonzero(canvas.mask("heart", window=window)) * math.prod(canvas.spacing) < 100e3:
        return
    distance = distance_to(canvas.mask("heart", window=window), canvas.spacing)
    thickness = np.maximum(_thickness(canvas, window, thickest, rng), 0)
    depth = ndimage.gaussian_filter(thickness - distance, (0.4, 0.7, 0.7))
    open_ = _gives_way(canvas, window) & (distance > 0)
    mask = largest_piece(open_ & (depth >= 0))
    if np.count_nonzero(mask) * math.prod(canvas.spacing) < 5e3:
        return
    fluid = rng.uniform(5, 20) + 4 * smooth_noise(rng, mask.shape, canvas.spacing, 9.0)
    near = grown(mask)
    canvas.blend(window, fluid, soft_edge(depth, canvas.spacing[1]) * (open_ & near))
    lungs_give_way(canvas, window, mask)
    measured = float(distance[mask].max())
    canvas.add(
        PhantomFinding(
            "pericardial_effusion",
            ("pericardium", "heart"),
            attributes={"size": SIZES[sum(measured >= bound for bound in BOUNDS_MM)]},
            measures={"thickness_mm": measured},
            diameter_mm=axial_diameter(mask, canvas.spacing),
        ),
        window,
        mask,
    )


def _thickness(canvas: Canvas, window: Window, thickest: float, rng: np.random.Generator) -> Field:
    """Thickness in mm by direction from the heart's centre: a third of the largest in front, nothing at the base."""
    heart = canvas.window("heart")
    assert heart is not None
    z, y, x = (part.stop - part.start for part in heart)
    bottom, front, right = (part.start for part in heart)
    dz, dy, dx = offsets(window, (bottom + 0.4 * z, front + 0.5 * y, right + 0.5 * x), canvas.spacing)
    length = np.sqrt(dz**2 + dy**2 + dx**2) + np.float32(1)
    backward = (dy - np.float32(0.6) * dz + np.float32(0.25) * dx) / length
    height = (dz / np.float32(canvas.spacing[0] * z)) + np.float32(0.4)  # 0 at the heart's lowest slice, 1 at its top
    base = np.clip((np.float32(0.85) - height) / np.float32(0.25), 0, 1)
    share = np.clip(np.float32(0.55) + np.float32(0.5) * backward, np.float32(0.3), 1) * base
    ripple = 1 + np.float32(0.08) * smooth_noise(rng, length.shape, canvas.spacing, 25.0)
    return np.minimum(share * ripple, 1) * np.float32(thickest)


def _gives_way(canvas: Canvas, window: Window) -> Mask:
    """Lung, and what is no labelled organ and not as bright as a vessel or bone."""
    labels, hu = canvas.labels[window], canvas.hu[window]
    soft = (labels == 0) & (hu < 150)  # the lower heart wall lies in part outside the heart's label
    return (soft | canvas.mask(*LOBES, window=window)) & canvas.free(window)
