"""Enlarged lymph nodes of the mediastinum and the hila, at the stations that reports name."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.mediastinum import aortic_parts, carina
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import (
    Voxel,
    averaged,
    axial_diameter,
    graded,
    grown,
    lungs_give_way,
    oval_depth,
    pieces,
    soft_edge,
    window_around,
)
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding, Side
from ctscribe.types import Mask

STATIONS = FINDING_KINDS["lymphadenopathy"].attributes["station"]
SHORT_AXES_MM = ((10.5, 13.5), (13.5, 18.0), (18.0, 28.0))
ENLARGED_MM = 10.0
"""A node with a shorter short axis is normal (RECIST 1.1)."""
VESSEL_HU = {"none": 95.0, "arterial": 130.0, "portal": 110.0}
NODE_HU = {"none": 38.0, "arterial": 72.0, "portal": 80.0}
MUSCLE_HU = 45.0
REACH_MM = 12.0  # from a station's usual place
NEIGHBOURS = {
    "right paratracheal": ("trachea", "superior_vena_cava"),
    "left paratracheal": ("trachea", "aorta"),
    "aortopulmonary": ("aorta", "heart"),
    "subcarinal": ("trachea", "esophagus", "heart"),
    "right hilar": ("pulmonary_vein", "lung_lower_lobe_right"),
    "left hilar": ("pulmonary_vein", "lung_lower_lobe_left"),
}
"""Station → the classes around it, those it is described by first."""


def draw_lymphadenopathy(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """One enlarged node at each of one to three stations, all of about the same degree; one finding a station."""
    degree = graded(level, rng)
    wanted = 1 + int(rng.integers(0, degree + 1))
    places = node_places(canvas)
    for station in rng.permutation(list(places)):
        if wanted and _draw_node(canvas, level, str(station), places[str(station)], SHORT_AXES_MM[degree], rng):
            wanted -= 1


def node_places(canvas: Canvas) -> dict[str, Voxel]:
    """Station → where its nodes usually lie, for those that are in view."""
    at = carina(canvas)
    if at is None:
        return {}
    z, y, x = at
    up, back, left = canvas.spacing
    places = {
        "right paratracheal": (z + 15 / up, y - 6 / back, x - 15 / left),
        "left paratracheal": (z + 10 / up, y + 2 / back, x + 15 / left),
        "subcarinal": (z - 14 / up, y + 10 / back, x + 4 / left),
    }
    window, parts = aortic_parts(canvas)
    if "aortic arch" in parts:
        levels, rows, columns = np.nonzero(parts["aortic arch"])
        below = int(levels.min()) + window[0].start - 6 / up
        middle, outer = float(rows.mean()) + window[1].start, float(columns.max()) + window[2].start
        places["aortopulmonary"] = (below, middle, outer + 3 / left)
    hila = canvas.window("pulmonary_vein")
    if hila is not None:
        places["right hilar"] = (z - 22 / up, y + 2 / back, hila[2].start - 1.0)
        places["left hilar"] = (z - 16 / up, y + 6 / back, hila[2].stop + 1.0)
    return places


def side_of(station: str) -> Side | None:
    """Side that a station is on; ``None`` in the midline."""
    return {"r": "right", "l": "left", "a": "left"}.get(station[0])  # pyright: ignore[reportReturnType]


def node_room(canvas: Canvas, window: Window) -> Mask:
    """What a node may push aside: fat, unnamed soft tissue, and lung with its rim; neither vessels nor airways."""
    hu = canvas.hu[window]
    lung = canvas.mask(*LOBES, window=window)
    airway = canvas.mask("trachea", window=window)
    unnamed = (canvas.labels[window] == 0) & ((hu > -250) | grown(lung) & ~grown(airway))
    return (unnamed | lung) & (hu < VESSEL_HU[canvas.phase]) & canvas.free(window)


def _draw_node(
    canvas: Canvas, level: Level, station: str, place: Voxel, axes_mm: tuple[float, float], rng: np.random.Generator
) -> bool:
    """Draw one node of about that short axis near its station's place, where it has most room; whether it has any."""
    short = rng.uniform(*axes_mm)
    long, tall, turn = rng.uniform(1.15, 1.5), rng.uniform(1.0, 1.5), rng.uniform(0, math.pi)
    window = window_around(canvas, place, REACH_MM + short)
    room = node_room(canvas, window)
    dents = np.float32(0.4) * smooth_noise(rng, room.shape, canvas.spacing, 8.0)
    centres = roomy_centres(canvas, window, room, place, rng)
    for size, centre in [(size, centre) for size in (short, 0.75 * short) for centre in centres]:
        radii = (tall * size / 2, long * size / 2, size / 2)
        depth = oval_depth(window, centre, radii, canvas.spacing, turn) + dents
        inside = depth >= 0
        mask = inside & room
        if np.count_nonzero(mask) < 0.85 * max(np.count_nonzero(inside), 4):
            continue
        axis = short_axis_mm(mask, canvas.spacing[1:])
        if axis >= ENLARGED_MM and pieces(mask)[1] == 1:
            hu = MUSCLE_HU + (NODE_HU[canvas.phase] - MUSCLE_HU) * level.conspicuity + rng.uniform(-6, 6)
            texture = 5 * smooth_noise(rng, depth.shape, canvas.spacing, 6.0)
            canvas.blend(window, np.float32(hu) + texture, soft_edge(depth, canvas.spacing[1]) * room)
            lungs_give_way(canvas, window, mask)
            _record(canvas, station, axis, window, mask)
            return True
    return False


def roomy_centres(
    canvas: Canvas, window: Window, room: Mask, place: Voxel, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """Up to six centres in the mediastinum or at its border: the roomiest first, of those near the place."""
    lung = canvas.mask(*LOBES, window=window).astype(np.float32)
    index = np.argwhere(room & (averaged(lung, (3, 5, 5)) < 0.7)) + [part.start for part in window]
    away = np.sqrt((((index - place) * canvas.spacing) ** 2).sum(axis=1))
    index, away = index[away <= REACH_MM], away[away <= REACH_MM]
    space = averaged(room.astype(np.float32), (3, 5, 5))
    roomy = space[tuple((index - [part.start for part in window]).T)]
    order = np.argsort(away / REACH_MM / 2 - roomy + 0.15 * rng.random(len(away)), kind="stable")
    return [(float(z), float(y), float(x)) for z, y, x in index[order[:: max(len(order) // 24, 1)][:6]]]


def short_axis_mm(mask: Mask, spacing: tuple[float, float]) -> float:
    """Short axis in the axial slice where a node is largest: of the ellipse with the same second moments."""
    plane = mask[np.count_nonzero(mask, axis=(1, 2)).argmax()]
    y, x = (at * step for at, step in zip(np.nonzero(plane), spacing, strict=True))
    yy, xx = float(y.var()) + spacing[0] ** 2 / 12, float(x.var()) + spacing[1] ** 2 / 12
    xy = float(((y - y.mean()) * (x - x.mean())).mean())
    smaller = (yy + xx) / 2 - math.sqrt(((yy - xx) / 2) ** 2 + xy**2)
    return 4 * math.sqrt(max(smaller, 0.0))


def _record(canvas: Canvas, station: str, axis: float, window: Window, mask: Mask) -> None:
    canvas.add(
        PhantomFinding(
            "lymphadenopathy",
            tuple(name for name in NEIGHBOURS[station] if canvas.ids(name)),
            side_of(station),
            {"station": station},
            {"short_axis_mm": axis},
            axial_diameter(mask, canvas.spacing),
        ),
        window,
        mask,
    )
