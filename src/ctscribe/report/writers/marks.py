"""What is drawn over a slice: outlines of structures and lesions, and measured lengths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctscribe.anatomy.lesions import Lesion
from ctscribe.case import Case
from ctscribe.report.schema import Evidence
from ctscribe.report.wording import figure, structure_words
from ctscribe.report.writers.outlines import PlaneMask, contours, lesion_mask
from ctscribe.report.writers.pictures import Plane, path_of
from ctscribe.report.writers.titles import lesion_title
from ctscribe.types import Point

_STYLES = 6


@dataclass(frozen=True)
class Mark:
    """An outlined structure or lesion: ``label`` stands in the picture and in the legend, ``style`` names its look."""

    key: str
    title: str
    label: str
    style: str
    paths: tuple[str, ...]
    at: tuple[float, float]


@dataclass(frozen=True)
class Ruler:
    """A measured length drawn between two (u, v) mm points."""

    key: str
    start: tuple[float, float]
    end: tuple[float, float]
    text: str


def structure_marks(structures: Sequence[str], case: Case, plane: Plane) -> tuple[Mark, ...]:
    """The structures' outlines in an axial plane, lettered a, b, c …"""
    labels = case.labelmap.labels[plane.index]
    return tuple(
        _mark(structure, structure_words(structure), chr(ord("a") + place), f"s{place % _STYLES}", mask, plane)
        for place, structure in enumerate(structures)
        if (mask := np.isin(labels, case.labelmap.ids(structure))).any()
    )


def lesion_marks(lesions: Mapping[int, Lesion], case: Case, plane: Plane) -> tuple[Mark, ...]:
    """The outlines of the lesions (row in the report's table → lesion) that an axial plane cuts."""
    marks = []
    for row, lesion in lesions.items():
        found = lesion_mask(lesion, case)
        if found is None or not is_cut(lesion, plane):
            continue
        mask, (z, y, x) = found
        section = np.zeros(case.volume.shape[1:], dtype=bool)
        section[y : y + mask.shape[1], x : x + mask.shape[2]] = mask[plane.index - z]
        if section.any():
            marks.append(lesion_mark(row, lesion, section, plane))
    return tuple(marks)


def is_cut(lesion: Lesion, plane: Plane) -> bool:
    """Whether an axial plane lies within the lesion's slices."""
    first, last = lesion.slices
    return first <= plane.index <= last


def lesion_mark(row: int, lesion: Lesion, mask: PlaneMask, plane: Plane) -> Mark:
    """A lesion's outline in any plane, numbered as in the table, the number at its upper right corner."""
    title = f"{lesion_title(lesion)}, {structure_words(lesion.sub_region)}"
    rows, columns = np.nonzero(mask)
    u, v = plane.to_mm(np.array([[rows.min() - 0.5, columns.max() + 0.5]]))[0]
    return replace(_mark(f"lesion-{row}", title, str(row + 1), "lesion", mask, plane), at=(float(u), float(v)))


def _mark(key: str, title: str, label: str, style: str, mask: PlaneMask, plane: Plane) -> Mark:
    """An outline with its label on the voxel nearest to the middle of the longest curve."""
    curves = contours(mask)
    voxels = np.argwhere(mask).astype(np.float64)
    middle = curves[0].mean(axis=0) if curves else voxels.mean(axis=0)
    inside = voxels[np.abs(voxels - middle).sum(axis=1).argmin()]
    u, v = plane.to_mm(inside[None])[0]
    return Mark(key, title, label, style, tuple(path_of(plane.to_mm(c)) for c in curves), (float(u), float(v)))


def line_rulers(evidence: Iterable[Evidence], plane: Plane) -> tuple[Ruler, ...]:
    """Diameters that the evidence gives by their end points, with the figure it gives, else with their length."""
    rulers: dict[tuple[Point, Point], Ruler] = {}
    for item in evidence:
        if item.line_mm is None:
            continue
        start, end = item.line_mm
        given = next((m.value for m in item.measurements if m.unit == "mm"), math.dist(start, end))
        key = item.structures[0] if item.structures else f"lesion-{item.lesion}"
        rulers[item.line_mm] = Ruler(key, plane.project(start), plane.project(end), figure(given, "mm"))
    return tuple(rulers.values())


def lesion_rulers(lesions: Mapping[int, Lesion], plane: Plane) -> tuple[Ruler, ...]:
    """The longest side of each lesion's axial bounding box (Eq. 7), drawn beside the box."""
    gap = 0.02 * plane.width_mm
    rulers = []
    for row, lesion in lesions.items():
        if not is_cut(lesion, plane):
            continue
        _, (top, bottom), (left, right) = lesion.box
        (u0, v0), (u1, v1) = plane.to_mm(np.array([[top - 0.5, left - 0.5], [bottom + 0.5, right + 0.5]])).tolist()
        below, beside = ((u0, v1 + gap), (u1, v1 + gap)), ((u0 - gap, v0), (u0 - gap, v1))
        start, end = below if u1 - u0 >= v1 - v0 else beside
        rulers.append(Ruler(f"lesion-{row}", start, end, figure(lesion.diameter_mm, "mm")))
    return tuple(rulers)
