"""Fibrotic bands: scars that run from the pleura inward and pull at what lies beside them."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.atelectasis import plate_from
from ctscribe.data.phantom.disease.attenuation import dense_hu, fill
from ctscribe.data.phantom.disease.bronchial_tree import root_of
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.plates import Plate, plate_weight
from ctscribe.data.phantom.disease.shares import Tube, Vector, tube_shares
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.level import Level
from ctscribe.types import Mask

LEAST_VOXELS = 15
ATTEMPTS = 4


def draw_fibrotic_band(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One to three irregular bands of a lobe, narrower than plates of atelectasis, thicker at the pleura."""
    lungs = Lungs.of(canvas, LOBES[int(rng.integers(len(LOBES)))])
    if lungs is None:
        return
    size = graded(level, rng)
    surface = (lungs.lobes > 0) & (lungs.depth < 2 * max(lungs.spacing))
    wobble = 1.7 * smooth_noise(rng, lungs.shape, lungs.spacing, 26.0)
    for _ in range(ATTEMPTS):
        starts = _peripheral(lungs, rng, surface, 1 + int(rng.integers(1 + size, endpoint=True)))
        weight = tube_shares([Tube.ball(start, 2.5) for start in starts], lungs.shape, lungs.spacing)
        for start in starts:
            np.maximum(weight, plate_weight(lungs, _band(lungs, rng, start, size), wobble), out=weight)
        weight *= lungs.share * canvas.free(lungs.window)
        mask = weight >= 0.5
        if np.count_nonzero(mask) >= LEAST_VOXELS:
            fill(lungs.hu, weight, dense_hu(level, rng))
            lungs.record("fibrotic_band", mask)
            return


def _peripheral(lungs: Lungs, rng: np.random.Generator, surface: Mask, count: int) -> list[Vector]:
    """Voxels of the pleura, far from the lobe's root: beside the hilum a scar would look like one more vessel."""
    z, y, x = root_of(lungs)
    tried = lungs.points(surface, rng, 4 * count)
    return sorted(tried, key=lambda p: (p[0] - z) ** 2 + (p[1] - y) ** 2 + (p[2] - x) ** 2)[-count:]


def _band(lungs: Lungs, rng: np.random.Generator, start: Vector, size: int) -> Plate:
    """A plate from the pleura, cut to a ribbon and bent further."""
    length = (38.0, 50.0, 65.0)[size] * (0.8 + 0.4 * rng.random())
    plate = plate_from(lungs, rng, start, length, thickness=2 + 2 * rng.random())
    return plate._replace(half_width=plate.half_width * (0.35 + 0.3 * rng.random()), bend=1.2 * plate.bend)
