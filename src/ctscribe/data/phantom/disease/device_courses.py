"""Where devices run in a body, from its label map; ``None`` where the way is not in view."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.soft_tissue import Voxel
from ctscribe.data.phantom.disease.wires import Course, centreline, smoothed
from ctscribe.data.phantom.truth import Side

BODY_HU = -300.0


def catheter_course(canvas: Canvas, rng: np.random.Generator) -> Course | None:
    """From the internal jugular vein through the right brachiocephalic vein to the lower superior vena cava."""
    cava = centreline(canvas, "superior_vena_cava")
    vein = centreline(canvas, "brachiocephalic_vein_right")
    if len(cava) < 5 or len(vein) < 2:
        return None
    end = max(4, round(len(cava) * rng.uniform(0.6, 0.95)))
    joined = np.concatenate([vein[vein[:, 0] > cava[0, 0]], cava[:end]])
    top = joined[0]
    upward = np.arange(canvas.hu.shape[0] - 1, top[0], -1.0)
    rise = (upward - top[0]) * canvas.spacing[0]
    neck = np.stack([upward, top[1] - 0.1 * rise / canvas.spacing[1], top[2] - 0.15 * rise / canvas.spacing[2]], axis=1)
    return smoothed(np.concatenate([neck, joined]), times=4)


class Generator(NamedTuple):
    """Where a pacemaker's can lies: its centre, and how its plane falls back toward the side, in mm of y a mm of x."""

    centre: Voxel
    slope: float


def generator_place(canvas: Canvas) -> Generator | None:
    """Under the skin before the left pectoral muscle, below the clavicle, flat against the chest wall."""
    clavicle = canvas.window("clavicula_left")
    if clavicle is None:
        return None
    z = clavicle[0].start - 15.0 / canvas.spacing[0]
    x = clavicle[2].start + 0.95 * (clavicle[2].stop - clavicle[2].start)
    near = 15.0 / canvas.spacing[2]
    skin = [_skin_row(canvas, round(z), round(column)) for column in (x - near, x, x + near)]
    if z * canvas.spacing[0] < 25.0 or None in skin:
        return None
    inner, middle, outer = (float(row) for row in skin if row is not None)
    return Generator((z, middle + 13.0 / canvas.spacing[1], x), (outer - inner) * canvas.spacing[1] / 30.0)


def _skin_row(canvas: Canvas, z: int, x: int) -> int | None:
    """First row of the body in a column along y."""
    if not (0 <= z < canvas.hu.shape[0] and 0 <= x < canvas.hu.shape[2]):
        return None
    column = canvas.hu[z, :, x] > BODY_HU
    inside = np.flatnonzero(column[:-3] & column[1:-2] & column[3:])
    return int(inside[0]) if inside.size else None


def pacing_lead_course(canvas: Canvas, generator: Generator) -> Course | None:
    """From the generator through the left brachiocephalic vein and the superior vena cava to the heart's tip."""
    vein, cava, heart = (
        centreline(canvas, name) for name in ("brachiocephalic_vein_left", "superior_vena_cava", "heart")
    )
    box = canvas.window("heart")
    if min(len(vein), len(cava)) < 3 or len(heart) < 8 or box is None:
        return None
    z, y, x = (part.stop - part.start for part in box)
    lower = [
        (box[0].start + 0.45 * z, box[1].start + 0.5 * y, box[2].start + 0.18 * x),
        (box[0].start + 0.25 * z, box[1].start + 0.4 * y, box[2].start + 0.35 * x),
        (box[0].start + 0.15 * z, box[1].start + 0.3 * y, box[2].start + 0.62 * x),
    ]
    start = np.array(generator.centre)
    under = vein[0] + (start - vein[0]) * np.array([0.4, 0.3, 0.5])
    course = np.concatenate([[start, under], vein, cava[cava[:, 0] < vein[-1, 0]], lower])
    return smoothed(course, times=2)


def wire_loops(canvas: Canvas, rng: np.random.Generator) -> list[Course]:
    """Four to six loops around the sternum, evenly spaced and each a little askew."""
    window = canvas.window("sternum")
    if window is None:
        return []
    sternum = canvas.mask("sternum", window=window)
    areas = np.count_nonzero(sternum, axis=(1, 2))
    levels = np.flatnonzero(areas * canvas.spacing[1] * canvas.spacing[2] > 120)
    if len(levels) * canvas.spacing[0] < 60:
        return []
    loops = []
    for at in np.linspace(0.08, 0.92, int(rng.integers(4, 7))):
        level = int(levels[round(at * (len(levels) - 1))])
        rows, columns = np.nonzero(sternum[level])
        centre = rows.mean() + window[1].start, columns.mean() + window[2].start
        radii = np.ptp(rows) / 2 + 0.8, np.ptp(columns) / 2 * 0.7
        loops.append(_loop(level + window[0].start, centre, radii, rng.uniform(-1, 1) * 4 / canvas.spacing[0]))
    return loops


def _loop(level: float, centre: tuple[float, float], radii: tuple[float, float], askew: float) -> Course:
    """An ellipse in the axial plane that rises by ``askew`` slices to one side, with a twisted knot in front."""
    turns = [2 * math.pi * k / 20 for k in range(21)]
    ring = [
        (level + askew * math.sin(t), centre[0] - radii[0] * math.cos(t), centre[1] + radii[1] * math.sin(t))
        for t in turns
    ]
    knot = (level - 0.6, centre[0] - radii[0] - 0.4, centre[1] + 0.5)
    return np.array([*ring, knot, ring[0], knot])


def chest_tube_course(canvas: Canvas, side: Side, rng: np.random.Generator) -> Course | None:
    """From the skin at the armpit's middle through the chest wall, then up along the back of the pleural space."""
    lobes = tuple(lobe for lobe in LOBES if lobe.endswith(side))
    window = canvas.window(*lobes)
    if window is None or (window[0].stop - window[0].start) * canvas.spacing[0] < 120:
        return None
    lung = canvas.mask(*lobes, window=window)
    depth = len(lung)
    outward = 1 if side == "left" else -1
    inner = [
        point
        for at in np.linspace(rng.uniform(0.4, 0.5), rng.uniform(0.75, 0.88), 8)
        if (point := _behind(lung[round(at * (depth - 1))], outward, (at - 0.4) * 1.6, canvas)) is not None
    ]
    levels = np.linspace(0.45, 0.82, len(inner)) * (depth - 1)
    if len(inner) < 5:
        return None
    course = np.array([(level, *point) for level, point in zip(levels, inner, strict=True)])
    course += [part.start for part in window]
    entry = course[0] + [-10 / canvas.spacing[0], -4 / canvas.spacing[1], outward * 45 / canvas.spacing[2]]
    course = smoothed(np.concatenate([[entry], course]), times=2)
    return course if (course >= 0).all() and (course < canvas.hu.shape).all() else None


def _behind(plane: np.ndarray, outward: int, back: float, canvas: Canvas) -> tuple[float, float] | None:
    """A point 6 mm inside the lung's outline: at the side for ``back`` 0, toward the back as it grows to 1."""
    rows, columns = np.nonzero(plane)
    if len(rows) < 30:
        return None
    back = min(max(back, 0.0), 0.75)
    y, x = float(rows.mean()), float(columns.mean())
    step = back / canvas.spacing[1], outward * (1 - back) / canvas.spacing[2]
    scale = math.sqrt(back * back + (1 - back) * (1 - back))
    reach = 0.0
    for distance in np.arange(0.0, 150.0):
        row, column = round(y + distance * step[0] / scale), round(x + distance * step[1] / scale)
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1] and plane[row, column]:
            reach = float(distance)
    return y + (reach - 6) * step[0] / scale, x + (reach - 6) * step[1] / scale


def nasogastric_course(canvas: Canvas, rng: np.random.Generator) -> Course | None:
    """Down the oesophagus, and where the stomach is in view 3–6 cm into it."""
    oesophagus = centreline(canvas, "esophagus")
    if len(oesophagus) * canvas.spacing[0] < 80:
        return None
    course = smoothed(oesophagus, times=3)
    stomach = centreline(canvas, "stomach")
    below = stomach[stomach[:, 0] <= course[-1, 0]] if len(stomach) else stomach
    reach = max(2, round(rng.uniform(30, 60) / canvas.spacing[0]))
    return smoothed(np.concatenate([course, below[2:reach]]), times=3) if len(below) > 4 else course
