"""What looks like disease of the lung and is none. None of it is recorded, none of it touches a finding's voxels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.attenuation import add_haze
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.lumps import unit_vector
from ctscribe.data.phantom.disease.lungs import LOWER, Lungs
from ctscribe.data.phantom.disease.noise import smooth_noise, smoothstep
from ctscribe.data.phantom.disease.plates import Plate, plate_weight
from ctscribe.data.phantom.disease.shares import Tube, Vector, tube_shares
from ctscribe.data.phantom.level import Level

BLOOD_HU = {"none": 40.0, "arterial": 220.0, "portal": 140.0}

RIBS = tuple(f"rib_{side}_{number}" for side in ("left", "right") for number in range(1, 13))


def draw_vessel_end_on(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A vessel that runs from slice to slice: a round dot in each, a nodule to who looks at one slice alone."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    for z, y, x in lungs.points(lungs.open & (lungs.depth > 14), rng, 1):
        path: list[Vector] = [(z, y, x)]
        _, dy, dx = unit_vector(rng)
        for _ in range(5):
            z, dy, dx = z + 1.4 * lungs.spacing[0], dy + 0.6 * (rng.random() - 0.5), dx + 0.6 * (rng.random() - 0.5)
            path.append((z, path[-1][1] + 1.5 * dy, path[-1][2] + 1.5 * dx))
        radius = 2.0 + 1.2 * rng.random()
        radii = np.linspace(0.6, 1, len(path)) * radius
        tubes = [Tube(path[i], path[i + 1], float(radii[i]), float(radii[i + 1])) for i in range(len(path) - 1)]
        share = tube_shares(tubes, lungs.shape, lungs.spacing) * lungs.open
        lungs.hu[...] += np.maximum(np.float32(BLOOD_HU[canvas.phase]) - lungs.hu, 0) * share


def draw_thick_fissure(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Part of a major fissure thicker than usual: a thin sheet along the border of a lower lobe."""
    lungs = Lungs.of(canvas, LOWER[int(rng.integers(2))])
    if lungs is None:
        return
    border = np.clip(2 * (1 - lungs.share), 0, 1) * lungs.open
    part = smoothstep(smooth_noise(rng, lungs.shape, lungs.spacing, 60.0) + np.float32(1.2))
    add_haze(lungs.hu, border * part, 450 * level.conspicuity)


def draw_dependent_density(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Haze that gravity makes: most at the back, gone 25 mm further up, no sharper anywhere than that."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    rows = np.arange(lungs.shape[1])[None, :, None]
    back = np.where(lungs.lobes > 0, rows, 0).max(axis=(1, 2), keepdims=True)
    rise = ((back - rows) * lungs.spacing[1]).astype(np.float32)
    uneven = 1 + np.float32(0.2) * smooth_noise(rng, lungs.shape, lungs.spacing, 30.0)
    weight = np.clip(1 - rise / np.float32(18 + 10 * rng.random()), 0, 1) * np.clip(uneven, 0.5, 1.5)
    add_haze(lungs.hu, weight * lungs.open, 90 + 50 * rng.random())


def draw_azygos_fissure(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A thin line through the top of the right upper lobe, bent outward."""
    lungs = Lungs.of(canvas, "lung_upper_lobe_right")
    if lungs is None:
        return
    columns = np.arange(lungs.shape[2])[None, None, :] / lungs.shape[2]
    inner = lungs.open & (lungs.height > 0.7) & (columns > 0.45)
    for centre in lungs.points(inner, rng, 1):
        tilt = 0.2 * (rng.random() - 0.5)
        length = float(np.sqrt(1 + tilt * tilt))
        normal, along = (0.0, tilt / length, 1 / length), (0.0, 1 / length, -tilt / length)
        plate = Plate(centre, normal, along, 30.0, 35.0, 1.2, 10.0)
        weight = plate_weight(lungs, plate, np.zeros(lungs.shape, np.float32)) * lungs.open
        add_haze(lungs.hu, weight, 300 * level.conspicuity)


def draw_rib_tip(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """The end of a rib or its cartilage, pushing a bump into the lung."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    ribs = canvas.mask(*RIBS, "costal_cartilages", window=lungs.window)
    surface = lungs.open & (lungs.depth < 1.5 * min(lungs.spacing))
    for centre in lungs.points(surface, rng, 60):
        voxel = [round(c / step) for c, step in zip(centre, lungs.spacing, strict=True)]
        near = ribs[tuple(slice(max(v - 2, 0), v + 3) for v in voxel)]
        if not near.any():
            continue
        share = tube_shares([Tube.ball(centre, 4.0 + 2.5 * rng.random())], lungs.shape, lungs.spacing)
        lungs.hu[...] += np.maximum(np.float32(60 + 80 * rng.random()) - lungs.hu, 0) * share * lungs.open
        return


def draw_nipple(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A small soft bump on the skin in front of a lung."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    slices, columns = np.nonzero(
        (lungs.lobes > 0).any(axis=1) & (lungs.height[:, :, 0] < 0.6) & (lungs.height[:, :, 0] > 0.3)
    )
    if not slices.size:
        return
    k = int(rng.integers(slices.size))
    z, x = int(slices[k]) + lungs.window[0].start, int(columns[k]) + lungs.window[2].start
    body = np.flatnonzero((canvas.hu[z, :, x] > -300) & (canvas.hu[z, :, x] < 300))
    if not body.size or body[0] == 0:
        return
    window = canvas.widened((slice(z, z + 1), slice(int(body[0]), int(body[0]) + 1), slice(x, x + 1)), 10.0)
    centre = tuple(
        (v - part.start) * step for v, part, step in zip((z, int(body[0]), x), window, canvas.spacing, strict=True)
    )
    there = canvas.hu[window]
    share = tube_shares([Tube.ball(centre, 3.5 + 1.5 * rng.random())], there.shape, canvas.spacing)
    there += np.maximum(np.float32(30) - there, 0) * share * canvas.free(window)


def draw_breathing_motion(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Some slices in which the patient breathed: everything in the lung is there twice, a few millimetres apart."""
    lungs = Lungs.of(canvas)
    if lungs is None:
        return
    first = int(rng.integers(lungs.shape[0] // 2))
    slices = slice(first, first + int(rng.integers(3, 8)))
    shift = tuple(max(round((3 + 3 * rng.random()) / step), 1) for step in lungs.spacing[1:])
    part, clear = lungs.hu[slices], lungs.open[slices]
    again = np.roll(part, shift, axis=(1, 2))
    clear = clear & np.roll(clear, shift, axis=(1, 2))  # lung on lung, no finding in either place
    part += (again - part) * np.float32(0.4) * clear


LUNG_DISTRACTORS: Mapping[str, Disease] = {
    "vessel_end_on": draw_vessel_end_on,
    "thick_fissure": draw_thick_fissure,
    "dependent_density": draw_dependent_density,
    "azygos_fissure": draw_azygos_fissure,
    "rib_tip": draw_rib_tip,
    "nipple": draw_nipple,
    "breathing_motion": draw_breathing_motion,
}
"""Every distractor of the lung."""
