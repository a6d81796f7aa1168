"""Atelectasis: plates, a collapsed segment, or the lung that an effusion has pressed together."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import dense_hu, fill
from ctscribe.data.phantom.disease.bronchial_tree import root_of
from ctscribe.data.phantom.disease.depth import FAR, depth_mm
from ctscribe.data.phantom.disease.lumps import unit_vector
from ctscribe.data.phantom.disease.lungs import LOWER, Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.disease.plates import Plate, plate_weight
from ctscribe.data.phantom.disease.shares import Vector
from ctscribe.data.phantom.disease.soft_tissue import graded
from ctscribe.data.phantom.disease.zones import ragged, segment
from ctscribe.data.phantom.level import Level

Field = Float32[np.ndarray, "z y x"]

BASAL = (*LOWER, "lung_middle_lobe_right", "lung_upper_lobe_left")
"""Where plates form: next to the diaphragm, in the middle lobe and the lingula."""

LEAST_VOXELS = 12
ATTEMPTS = 4

SHARED_HU = np.float32(10)
"""Least HU of a voxel between fluid and airless lung."""


def draw_atelectasis(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Passive atelectasis beside an effusion where there is one, else plates or a collapsed segment."""
    size = graded(level, rng)
    fluid = [one.number for one in canvas.findings if one.kind == "pleural_effusion" and one.number]
    if fluid and rng.random() < 0.75 and _draw_passive(canvas, level, rng, fluid, size):
        return
    if rng.random() < 0.6:
        _draw_linear(canvas, level, rng, size)
    else:
        _draw_segmental(canvas, level, rng, size)


def _draw_passive(canvas: Canvas, level: Level, rng: np.random.Generator, fluid: list[int], size: int) -> bool:
    """A crescent of lung next to the fluid, the thicker the lower it lies; tells whether any lung lies there."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return False
    wet = np.isin(canvas.instances[lungs.window], fluid)
    away = depth_mm(~wet, lungs.spacing)
    width = (7.0, 11.0, 17.0)[size] * (np.float32(1.3) - np.float32(0.8) * lungs.height)
    weight = ragged(lungs, rng, np.where(away < FAR, width - away, -1e3), edge_mm=5.0, rough_mm=2.5) * lungs.open
    if not _collapse(lungs, level, rng, weight, "passive", vessels=0.12):
        return False
    # Voxels that fluid shared with air it now shares with airless lung.
    beside = wet & np.asarray(ndimage.binary_dilation(weight >= 0.5), bool)
    lungs.hu[beside] = np.maximum(lungs.hu[beside], SHARED_HU)
    return True


def _draw_segmental(canvas: Canvas, level: Level, rng: np.random.Generator, size: int) -> None:
    """A wedge from the hilum to the pleura, its vessels crowded, the lung around it stretched and darker."""
    lungs = Lungs.of(canvas, LOBES[int(rng.integers(len(LOBES)))])
    depth = lungs and segment(lungs, rng, (0.3, 0.45, 0.6)[size], thin=True)
    if lungs is None or depth is None:
        return
    weight = ragged(lungs, rng, depth, edge_mm=4.0, rough_mm=1.5) * lungs.open
    stretched = smoothstep(1 + depth / np.float32(25)) * (1 - weight) * lungs.open
    if _collapse(lungs, level, rng, weight, "segmental", vessels=0.2):
        lungs.hu[...] -= stretched * np.float32(0.2) * np.maximum(lungs.hu + 1000, 0) * (lungs.hu < -500)


def _draw_linear(canvas: Canvas, level: Level, rng: np.random.Generator, size: int) -> None:
    """One to three plates of 2 to 4 mm near the bases, from the pleura inward."""
    lungs = Lungs.of(canvas, BASAL[int(rng.choice(len(BASAL), p=(0.36, 0.36, 0.14, 0.14)))])
    if lungs is None:
        return
    low = (lungs.lobes > 0) & (lungs.height < 0.45) & (lungs.depth < 3 * max(lungs.spacing))
    wobble = smooth_noise(rng, lungs.shape, lungs.spacing, 20.0)
    for _ in range(ATTEMPTS):
        weight = np.zeros(lungs.shape, np.float32)
        for start in lungs.points(low, rng, int(rng.integers(1, 2 + size, endpoint=True))):
            plate = plate_from(lungs, rng, start, length=(42.0, 58.0, 75.0)[size], thickness=2 + 2 * rng.random())
            np.maximum(weight, plate_weight(lungs, plate, wobble), out=weight)
        if _collapse(lungs, level, rng, weight * lungs.share * canvas.free(lungs.window), "linear", vessels=0.05):
            return


def plate_from(lungs: Lungs, rng: np.random.Generator, start: Vector, length: float, thickness: float) -> Plate:
    """A plate from the pleura toward the root of the lobe, standing more upright than flat."""
    toward = [b - a for a, b in zip(start, root_of(lungs), strict=True)]
    aim = [0.35 * toward[0], toward[1], toward[2]]
    aim = [a / (_length(aim) or 1) + 0.45 * u for a, u in zip(aim, unit_vector(rng), strict=True)]
    along = _unit(aim)
    level = _unit([0.0, along[2], -along[1]])
    # Tilted by 25 to 60 degrees from the axial plane, so that it shows as a line and runs through several slices.
    rise = 0.6 + 1.2 * rng.random()
    up = (1.0 - along[0] * along[0], -along[0] * along[1], -along[0] * along[2])
    normal = _unit([u + rise * s for u, s in zip(_unit(list(up)), level, strict=True)])
    reach = length * (0.4 + 0.2 * rng.random())
    z, y, x = (s + 0.85 * reach * a for s, a in zip(start, along, strict=True))
    bend = (rng.random() - 0.5) * 0.3 * length
    return Plate((z, y, x), normal, along, reach, length * (0.25 + 0.15 * rng.random()), thickness, bend)


def _collapse(lungs: Lungs, level: Level, rng: np.random.Generator, weight: Field, kind: str, vessels: float) -> bool:
    """Fill the weight with airless lung and record it; tells whether there was enough of it."""
    mask = weight >= 0.5
    if np.count_nonzero(mask) < LEAST_VOXELS:
        return False
    texture = smooth_noise(rng, lungs.shape, lungs.spacing, 9.0) * np.float32(12)
    fill(lungs.hu, weight, dense_hu(level, rng) + texture, vessels)
    lungs.record("atelectasis", mask, attributes={"type": kind})
    return True


def _length(vector: list[float]) -> float:
    return math.sqrt(sum(v * v for v in vector))


def _unit(vector: list[float]) -> Vector:
    length = _length(vector) or 1.0
    return vector[0] / length, vector[1] / length, vector[2] / length
