"""Calcium in artery walls: plaques of the aorta, and specks and tracks of the coronary arteries."""

from __future__ import annotations

import math

import numpy as np

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.coronaries import coronary_courses
from ctscribe.data.phantom.disease.depth import depth_mm
from ctscribe.data.phantom.disease.mediastinum import aortic_parts
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import Field, averaged, graded, offsets
from ctscribe.data.phantom.disease.wires import Course, filled_share, length_mm, window_along
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.types import Mask

SEVERITIES = ("mild", "moderate", "severe")
PLAQUES = ((1, 2), (3, 5), (6, 10))
"""Fewest and most plaques of a vessel, by severity."""
CORONARIES = {"left anterior descending": 0.55, "right coronary": 0.25, "circumflex": 0.2}
"""Artery → how likely it is the first to be calcified."""
CALCIUM_HU = 1250.0
"""Of a plaque as thick as a voxel; thinner ones show less."""
LEAST_EXCESS_HU = 90.0
"""A plaque that stands out less from the blood beside it would not be seen."""


def draw_arterial_calcification(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Plaques on the wall of one to three parts of the aorta; one finding for each part, its severity by their count.

    A plaque is an arc 1–3 mm thick and 5–20 mm long that shares its voxels with blood and fat.
    """
    window, parts = aortic_parts(canvas)
    if not parts:
        return
    degree = graded(level, rng)
    names = [str(name) for name in rng.permutation(list(parts))][: 1 + int(rng.integers(0, degree + 1))]
    for name in names:
        plaques = int(rng.integers(PLAQUES[degree][0], PLAQUES[degree][1] + 1))
        weight = np.zeros(parts[name].shape, np.float32)
        drawn = sum(_add_plaque(canvas, window, parts[name], weight, rng) for _ in range(plaques))
        if drawn:
            attributes = {"vessel": name, "severity": _severity(drawn)}
            _calcify(
                canvas, level, window, weight, PhantomFinding("arterial_calcification", ("aorta",), None, attributes)
            )


def draw_coronary_calcification(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Specks along one to three coronary arteries, and in severe disease tracks; one finding for each artery."""
    courses = coronary_courses(canvas)
    degree = graded(level, rng)
    if not courses:
        return
    vessels = 1 + int(rng.integers(0, degree + 1))
    for name in rng.choice(list(CORONARIES), vessels, replace=False, p=list(CORONARIES.values())):
        course = courses[str(name)]
        specks = int(rng.integers(PLAQUES[degree][0], PLAQUES[degree][1] + 1))
        window = window_along(canvas, course, 6.0)
        if window is None or length_mm(course, canvas.spacing) < 30:
            continue
        weight = np.zeros(tuple(part.stop - part.start for part in window), np.float32)
        for place in rng.permutation(10)[:specks]:
            length = rng.uniform(0.03, 0.06) if degree < 2 else rng.uniform(0.06, 0.14)
            piece = _piece(course, (float(place) + 0.3) / 12, length)
            _add_speck(canvas, window, piece, weight, rng)
        attributes = {"vessel": str(name), "severity": SEVERITIES[degree]}
        _calcify(canvas, level, window, weight, PhantomFinding("coronary_calcification", ("heart",), None, attributes))


def _severity(plaques: int) -> str:
    return SEVERITIES[sum(plaques >= fewest for fewest, _ in PLAQUES[1:])]


def _add_plaque(canvas: Canvas, window: Window, part: Mask, weight: Field, rng: np.random.Generator) -> bool:
    """Add one plaque's share of each voxel to ``weight``, apart from those that are there."""
    wall = part & (averaged(part.astype(np.float32), (1, 3, 3)) < 0.99)
    seeds = np.argwhere(wall & (weight == 0) & canvas.free(window))
    if not len(seeds):
        return False
    seed = tuple(int(k) for k in seeds[int(rng.integers(len(seeds)))])
    reach = (rng.uniform(5, 11), rng.uniform(6, 11), rng.uniform(6, 11))
    box = tuple(
        slice(max(k - math.ceil(r / s), 0), k + math.ceil(r / s) + 1)
        for k, r, s in zip(seed, reach, canvas.spacing, strict=True)
    )
    inside = part[box]
    spacing = canvas.spacing
    depth = depth_mm(inside, spacing) - depth_mm(~inside, spacing)
    z, y, x = offsets(tuple(slice(0, n) for n in inside.shape), _relative(seed, box), spacing)  # pyright: ignore[reportArgumentType]
    along = np.sqrt((z / reach[0]) ** 2 + (y / reach[1]) ** 2 + (x / reach[2]) ** 2)
    voxel = (spacing[1] + spacing[2]) / 2
    thick = rng.uniform(1.6, 3.2)
    across = np.clip((np.float32(thick + voxel) / 2 - np.abs(depth - np.float32(voxel / 2))) / np.float32(voxel), 0, 1)
    uneven = 1 + np.float32(0.25) * smooth_noise(rng, inside.shape, spacing, 5.0)
    share = np.clip(2 * (1 - along), 0, 1) * across * np.clip(uneven, np.float32(0.7), np.float32(1.3))
    weight[box] = np.maximum(weight[box], np.clip(share, 0, 1))
    return True


def _add_speck(canvas: Canvas, window: Window, piece: Course, weight: Field, rng: np.random.Generator) -> None:
    """Add a short line of calcium to ``weight``, 0.35 to 0.6 of a voxel at its fullest."""
    box = window_along(canvas, piece, 6.0)
    if box is None:
        return
    share = filled_share(box, piece, rng.uniform(0.9, 1.5), canvas.spacing)
    share *= np.float32(rng.uniform(0.35, 0.6) / max(float(share.max()), 1e-6))
    z, y, x = (
        slice(part.start - whole.start, part.stop - whole.start) for part, whole in zip(box, window, strict=True)
    )
    weight[z, y, x] = np.maximum(weight[z, y, x], share)


def _relative(seed: tuple[int, ...], box: tuple[slice, ...]) -> tuple[float, float, float]:
    z, y, x = (float(k - part.start) for k, part in zip(seed, box, strict=True))
    return z, y, x


def _piece(course: Course, start: float, share: float) -> Course:
    """A part of a course: where it starts and how long it is, as shares of the course."""
    at = (start + share * np.array([0.0, 0.5, 1.0])).clip(0, 1) * (len(course) - 1)
    first = np.minimum(at.astype(np.intp), len(course) - 2)
    return course[first] + (course[first + 1] - course[first]) * (at - first)[:, None]


def _calcify(canvas: Canvas, level: Level, window: Window, weight: Field, finding: PhantomFinding) -> None:
    """Raise the attenuation by the voxels' shares of calcium, never so little that it would not be seen."""
    weight = weight * canvas.free(window)
    there = canvas.hu[window]
    peak = float(weight.max())
    if peak <= 0:
        return
    excess = np.maximum((CALCIUM_HU - there) * level.conspicuity, LEAST_EXCESS_HU / peak)
    there += excess * weight
    canvas.add(finding, window, weight >= 0.4 * peak)
