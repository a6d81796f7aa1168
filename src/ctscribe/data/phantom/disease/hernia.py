"""Hiatal hernia: a part of the stomach above the diaphragm, behind the heart."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    Field,
    Voxel,
    axial_diameter,
    graded,
    grown,
    largest_piece,
    lungs_give_way,
    offsets,
    oval_depth,
    soft_edge,
    window_around,
)
from ctscribe.data.phantom.disease.wires import centreline
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.types import Mask

WIDTHS_MM = ((26.0, 38.0), (42.0, 58.0), (64.0, 85.0))
SIZES = ("small", "moderate", "large")
BOUNDS_MM = (40.0, 60.0)
"""Largest axial extent from which a hernia is called moderate, and large; ours."""
WALL_HU, FLUID_HU, FAT_HU, AIR_HU = 45.0, 18.0, -95.0, -930.0
AORTA_MM = 8.0  # from the aorta's centre to the front of its wedge
LEAST_ROOM = 0.6  # of the pouch that has to find room
_THICK = np.ones((1, 3, 3), bool)


def draw_hiatal_hernia(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A pouch at the oesophageal hiatus, of stomach wall around fluid under air, or around fat."""
    width = rng.uniform(*WIDTHS_MM[graded(level, rng)])
    centre = hiatus(canvas, width)
    if centre is None:
        return
    window = window_around(canvas, centre, 0.8 * width + 8)
    radii = (0.45 * width + 3, 0.38 * width, 0.5 * width)
    depth = oval_depth(window, centre, radii, canvas.spacing, rng.uniform(-0.3, 0.3))
    depth = depth + np.float32(0.03 * width) * smooth_noise(rng, depth.shape, canvas.spacing, 0.5 * width)
    depth = ndimage.gaussian_filter(np.minimum(depth, _before_aorta(canvas, window)), (0.5, 1.5, 1.5))
    room = _gives_way(canvas, window)
    mask = largest_piece(ndimage.binary_opening((depth >= 0) & room, _THICK))  # no thin tongues between the organs
    if np.count_nonzero(mask) < max(LEAST_ROOM * np.count_nonzero(depth >= 0), 8):
        return
    near = grown(mask)
    content = _content(canvas, window, centre, depth, level, rng)
    canvas.blend(window, content, soft_edge(depth, canvas.spacing[1]) * (room & near))
    lungs_give_way(canvas, window, mask)
    diameter = axial_diameter(mask, canvas.spacing)
    attributes = {"size": SIZES[sum(diameter >= bound for bound in BOUNDS_MM)]}
    names = tuple(name for name in ("esophagus", "stomach") if canvas.ids(name))
    canvas.add(PhantomFinding("hiatal_hernia", names, None, attributes, diameter_mm=diameter), window, mask)


def hiatus(canvas: Canvas, width_mm: float) -> Voxel | None:
    """The centre of a hernia of some width: on the oesophagus, above where it passes the diaphragm."""
    oesophagus, heart = centreline(canvas, "esophagus"), canvas.window("heart")
    if len(oesophagus) * canvas.spacing[0] < 60 or heart is None:
        return None
    lowest = max(oesophagus[-1, 0], heart[0].start - 10 / canvas.spacing[0])
    height = lowest + (5 + 0.42 * width_mm) / canvas.spacing[0]
    z, y, x = oesophagus[np.abs(oesophagus[:, 0] - height).argmin()]
    return float(z), float(y) + 0.05 * width_mm / canvas.spacing[1], float(x) + 0.15 * width_mm / canvas.spacing[2]


def _before_aorta(canvas: Canvas, window: Window) -> Field:
    """mm before a shallow wedge that holds the aorta and opens toward the back: a pouch rests on it."""
    aorta = centreline(canvas, "aorta")[::-1]
    if not len(aorta):
        return np.full(canvas.hu[window].shape, np.inf, np.float32)
    levels = np.arange(window[0].start, window[0].stop)
    behind = aorta[aorta[:, 1] >= np.median(aorta[:, 1])] if len(aorta) > 3 else aorta
    row, column = (np.interp(levels, behind[:, 0], behind[:, k]) for k in (1, 2))
    y = (np.arange(window[1].start, window[1].stop) - row[:, None]) * canvas.spacing[1]
    x = (np.arange(window[2].start, window[2].stop) - column[:, None]) * canvas.spacing[2]
    return (0.3 * np.abs(x)[:, None, :] - y[:, :, None] - AORTA_MM).astype(np.float32)


def _gives_way(canvas: Canvas, window: Window) -> Mask:
    """Lung, oesophagus, and soft tissue and fat that is no named organ."""
    hu = canvas.hu[window]
    soft = (canvas.labels[window] == 0) & (hu < 110)
    return (soft | canvas.mask(*LOBES, "esophagus", window=window)) & canvas.free(window)


def _content(
    canvas: Canvas, window: Window, centre: Voxel, depth: Field, level: Level, rng: np.random.Generator
) -> Field:
    """HU of the pouch: a wall with folds, and in it fat, or fluid with a flat level of air above it."""
    texture = smooth_noise(rng, depth.shape, canvas.spacing, 8.0)
    inside = soft_edge(depth - np.float32(rng.uniform(3.0, 5.0)) - texture, canvas.spacing[1])
    kind = rng.random()
    filling = np.float32(FAT_HU if kind < 0.25 else FLUID_HU) + 8 * texture
    if kind > 0.45:
        y = offsets(window, centre, canvas.spacing)[1]
        above = soft_edge(np.float32(rng.uniform(-6, 2)) - y, canvas.spacing[1])
        filling = filling + (np.float32(AIR_HU) - filling) * above
    elif kind < 0.25:
        filling = filling + np.float32((1 - level.conspicuity) * (WALL_HU - FAT_HU) / 2)
    wall = np.float32(WALL_HU + (0.0 if canvas.phase == "none" else 30.0)) + 8 * texture
    return (wall + (filling - wall) * inside).astype(np.float32)
