"""Normal things of bone and cartilage that look like findings."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.anatomy.guidance import VERTEBRAE
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import eased, oval_depth, soft_edge, window_around
from ctscribe.data.phantom.level import Level


def draw_cartilage_calcification(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Calcium in the costal cartilages, as most adults have: could pass for plaques or metal."""
    window = canvas.window("costal_cartilages")
    if window is None:
        return
    cartilage = canvas.mask("costal_cartilages", window=window) & canvas.free(window)
    pattern = eased(smooth_noise(rng, cartilage.shape, canvas.spacing, 9.0) - np.float32(rng.uniform(0.4, 1.2)))
    canvas.blend(window, rng.uniform(350, 650), pattern * cartilage)


def draw_bone_island(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A compact island in a vertebra: 4–9 mm of cortical density, could pass for a metastasis."""
    for k in rng.permutation(len(VERTEBRAE)):
        name = VERTEBRAE[int(k)]
        whole = canvas.window(name)
        if whole is not None:
            break
    else:
        return
    bone = np.argwhere(canvas.mask(name, window=whole) & canvas.free(whole))
    if len(bone) * math.prod(canvas.spacing) < 5000:
        return
    z, y, x = bone[int(rng.integers(len(bone)))] + [part.start for part in whole]
    radius = rng.uniform(2.0, 4.5)
    centre = (float(z), float(y), float(x))
    window = window_around(canvas, centre, radius + max(canvas.spacing))
    depth = oval_depth(window, centre, (1.3 * radius, radius, radius), canvas.spacing)
    inside = canvas.mask(name, window=window) & canvas.free(window)
    canvas.blend(window, rng.uniform(700, 950), soft_edge(depth, canvas.spacing[1]) * inside)
