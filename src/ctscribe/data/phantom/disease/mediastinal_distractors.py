"""Normal things of the mediastinum that look like findings."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.lymph_nodes import MUSCLE_HU, REACH_MM, node_places, node_room, roomy_centres
from ctscribe.data.phantom.disease.mediastinum import aortic_parts, carina
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import Field, Voxel, eased, offsets, oval_depth, soft_edge, window_around
from ctscribe.data.phantom.disease.wires import centreline
from ctscribe.data.phantom.level import Level
from ctscribe.types import Mask


def draw_dense_contrast(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Undiluted contrast in the superior vena cava with streaks around it: could pass for metal or calcium."""
    names = ("superior_vena_cava", "brachiocephalic_vein_right")
    window, course = canvas.window(*names, margin_mm=40.0), centreline(canvas, "superior_vena_cava")
    if canvas.phase != "arterial" or window is None or len(course) < 3:
        return
    vein = canvas.mask(*names, window=window)
    free = canvas.free(window)
    for z, y, x in course[:: max(len(course) // 6, 1)]:
        rays = _rays(canvas, (float(z), float(y), float(x)), window, rng)
        canvas.hu[window] += rays * (free & ~vein & (canvas.hu[window] > -300))
    dense = np.float32(rng.uniform(600, 1200)) * (
        1 + np.float32(0.1) * smooth_noise(rng, vein.shape, canvas.spacing, 8.0)
    )
    canvas.blend(window, dense, (vein & free).astype(np.float32))


def _rays(canvas: Canvas, centre: Voxel, window: tuple[slice, slice, slice], rng: np.random.Generator) -> Field:
    """Two bright and two dark rays across one place, fading over 40 mm and 6 mm of height."""
    z, y, x = offsets(window, centre, canvas.spacing)
    rays = np.zeros(canvas.hu[window].shape, np.float32)
    for sign in (1, 1, -1, -1):
        angle = rng.uniform(0, math.pi)
        off = np.abs(y * np.float32(math.cos(angle)) - x * np.float32(math.sin(angle)))
        rays += np.float32(sign * rng.uniform(20, 70)) * np.clip(1 - off / np.float32(4), 0, 1)
    near = np.clip(1 - (y * y + x * x) / np.float32(1600), 0, 1) * np.clip(1 - np.abs(z) / np.float32(6), 0, 1)
    return rays * near


def draw_thymic_remnant(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Strands of thymus in the fat behind the sternum: could pass for a mass or nodes."""
    at, sternum = carina(canvas), canvas.window("sternum")
    _, parts = aortic_parts(canvas)
    aorta = canvas.window("aorta")
    if at is None or sternum is None or aorta is None or "ascending aorta" not in parts:
        return
    centre = (at[0], (sternum[1].stop + aorta[1].start + 3) / 2, (sternum[2].start + sternum[2].stop) / 2)
    window = window_around(canvas, centre, 38.0)
    depth = oval_depth(window, centre, (35.0, 16.0, 22.0), canvas.spacing)
    hu = canvas.hu[window]
    fat = (canvas.labels[window] == 0) & (hu < 0) & (hu > -180) & canvas.free(window)
    strands = eased(smooth_noise(rng, hu.shape, canvas.spacing, 9.0) + np.float32(0.4))
    weight = eased(depth / np.float32(8)) * strands * fat
    canvas.blend(window, rng.uniform(-10, 35), weight)


def draw_pericardial_recess(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """A little fluid in the recess behind the ascending aorta: could pass for a node."""
    window, parts = aortic_parts(canvas)
    if "ascending aorta" not in parts:
        return
    levels = np.flatnonzero(parts["ascending aorta"].any(axis=(1, 2)))
    level_ = int(levels[round(len(levels) * rng.uniform(0.55, 0.8))])
    rows, columns = np.nonzero(parts["ascending aorta"][level_])
    y, x = float(rows.max()) + window[1].start, float(columns.mean()) + window[2].start
    centre = (float(level_ + window[0].start), y + 3.0 / canvas.spacing[1], x)
    _fill_room(canvas, centre, (9.0, 5.0, 13.0), rng.uniform(0, 15))


def draw_small_nodes(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Two to four normal nodes, 4–7 mm across, at the usual stations."""
    places = node_places(canvas)
    for station in rng.permutation(sorted(places))[: int(rng.integers(2, 5))]:
        place = places[str(station)]
        window = window_around(canvas, place, REACH_MM + 4)
        room = node_room(canvas, window) & (canvas.labels[window] == 0)
        short = rng.uniform(4.0, 7.0) / 2
        hu = MUSCLE_HU + rng.uniform(-8, 15)
        for centre in roomy_centres(canvas, window, room, place, rng)[:1]:
            _fill_room(canvas, centre, (1.3 * short, 1.4 * short, short), hu)


def _fill_room(canvas: Canvas, centre: Voxel, radii_mm: tuple[float, float, float], hu: float) -> None:
    """Draw an oval into mediastinal fat; lung and organs keep what they have."""
    window = window_around(canvas, centre, max(radii_mm) + max(canvas.spacing))
    depth = oval_depth(window, centre, radii_mm, canvas.spacing)
    room: Mask = node_room(canvas, window) & (canvas.labels[window] == 0)
    canvas.blend(window, hu, soft_edge(depth, canvas.spacing[1]) * room)
