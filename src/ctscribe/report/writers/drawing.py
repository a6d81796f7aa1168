"""The page's figures: a key slice, what is outlined in it, and the diameters measured in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ctscribe.anatomy.lesions import Lesion
from ctscribe.case import Case
from ctscribe.report.schema import Evidence, Report
from ctscribe.report.writers.key_slices import KeySlice
from ctscribe.report.writers.marks import (
    Mark,
    Ruler,
    is_cut,
    lesion_mark,
    lesion_marks,
    lesion_rulers,
    line_rulers,
    structure_marks,
)
from ctscribe.report.writers.outlines import SliceAreas, lesion_mask, lesion_of
from ctscribe.report.writers.pictures import OVERVIEW, Box, Plane, full_box, scale_bar_mm, square_box

_MOST_STRUCTURES = 6
_MARGIN_MM = 25.0
_CLOSE_UP_MM = 70.0
_CLOSE_UP_DIAMETERS = 2.2
_LARGEST_CLOSE_UP_MM = 160.0


@dataclass(frozen=True)
class Panel:
    """One picture with what is drawn over it, all in mm."""

    plane: Plane
    picture: str
    marks: tuple[Mark, ...]
    rulers: tuple[Ruler, ...]

    @property
    def aspect(self) -> float:
        return self.plane.width_mm / self.plane.height_mm

    @property
    def bar_mm(self) -> int:
        return scale_bar_mm(self.plane.width_mm)


@dataclass(frozen=True)
class Figure:
    """A key slice as the page shows it; ``close_up`` magnifies the first lesion."""

    number: int
    key_slice: KeySlice
    title: str
    position: str
    panel: Panel
    close_up: Panel | None

    @property
    def anchor(self) -> str:
        return f"figure-{self.number}"


@dataclass(frozen=True)
class Overview:
    """The coronal picture with a line at every key slice: (figure number, v mm)."""

    panel: Panel
    lines: tuple[tuple[int, float], ...]


def shown_box(case: Case) -> Box:
    """Rows and columns of axial slices that hold what is segmented, with a margin; the whole slice without a map."""
    shown = np.argwhere(case.labelmap.labels.any(axis=0))
    shape = case.volume.shape[1:]
    if not len(shown):
        return full_box(*shape)

    def extent(axis: int) -> tuple[int, int]:
        margin = round(_MARGIN_MM / case.volume.spacing[1 + axis])
        first, last = int(shown[:, axis].min()), int(shown[:, axis].max())
        return max(0, first - margin), min(shape[axis], last + margin + 1)

    return extent(0), extent(1)


def draw_figures(report: Report, case: Case, key_slices: tuple[KeySlice, ...], areas: SliceAreas) -> tuple[Figure, ...]:
    """Every key slice drawn."""
    box = shown_box(case)
    return tuple(
        _figure(number, key_slice, report, case, box, areas) for number, key_slice in enumerate(key_slices, start=1)
    )


def _figure(number: int, key_slice: KeySlice, report: Report, case: Case, box: Box, areas: SliceAreas) -> Figure:
    k, evidence = key_slice.k, key_slice.evidence
    plane = Plane(case.volume, "axial", k, box)
    lesions = _lesions(evidence, report, case)
    named = tuple(dict.fromkeys(structure for item in evidence for structure in item.structures))
    structures = areas.present(k, named)[:_MOST_STRUCTURES]

    def panel(plane: Plane, *, sizes: bool) -> Panel:
        marks = structure_marks(structures, case, plane) + lesion_marks(lesions, case, plane)
        rulers = line_rulers(evidence, plane) + (lesion_rulers(lesions, plane) if sizes else ())
        return Panel(plane, plane.picture(key_slice.window), marks, rulers)

    first = next((lesion for lesion in lesions.values() if is_cut(lesion, plane)), None)
    magnified = None if first is None else _magnified(first, plane)
    depth, height, width = case.volume.shape
    z = case.volume.position((k, (height - 1) / 2, (width - 1) / 2))[2]
    return Figure(
        number,
        key_slice,
        title=f"Slice {depth - k} of {depth}",
        position=f"z = {z:.1f} mm".replace("-", "−"),
        panel=panel(plane, sizes=magnified is None),
        close_up=None if magnified is None else panel(magnified, sizes=True),
    )


def draw_overview(report: Report, case: Case, figures: tuple[Figure, ...]) -> Overview:
    """The coronal slice through the airway (else the middle) with the lesions' silhouettes and the key slices."""
    depth, height, _ = case.volume.shape
    airway = np.flatnonzero(case.labelmap.mask("trachea").any(axis=(0, 2)))
    middle = int(airway.mean()) if airway.size else height // 2
    plane = Plane(case.volume, "coronal", middle, ((0, depth), shown_box(case)[1]))
    lesions = _lesions([item for figure in figures for item in figure.key_slice.evidence], report, case)
    marks = []
    for row, lesion in lesions.items():
        if (found := lesion_mask(lesion, case)) is None:
            continue
        mask, (z, _, x) = found
        silhouette = np.zeros((depth, case.volume.shape[2]), dtype=bool)
        silhouette[z : z + mask.shape[0], x : x + mask.shape[2]] = mask.any(axis=1)
        marks.append(lesion_mark(row, lesion, silhouette[::-1], plane))
    lines = [(figure.number, (depth - figure.key_slice.k - 0.5) * case.volume.spacing[0]) for figure in figures]
    return Overview(Panel(plane, plane.picture(OVERVIEW), tuple(marks), ()), tuple(lines))


def _lesions(evidence: Iterable[Evidence], report: Report, case: Case) -> dict[int, Lesion]:
    """The lesions that evidence points at: row in the report's table → the case's lesion."""
    rows = dict.fromkeys(item.lesion for item in evidence if item.lesion is not None)
    found = {row: lesion_of(report.lesions[row], case) for row in rows}
    return {row: lesion for row, lesion in found.items() if lesion is not None}


def _magnified(lesion: Lesion, plane: Plane) -> Plane | None:
    """A square around the lesion's box in the plane, ``None`` when it would hardly magnify."""
    side = max(_CLOSE_UP_MM, _CLOSE_UP_DIAMETERS * lesion.diameter_mm)
    if side > min(_LARGEST_CLOSE_UP_MM, 0.6 * plane.width_mm):
        return None
    _, rows, columns = lesion.box
    centre = (sum(rows) / 2, sum(columns) / 2)
    return Plane(plane.volume, "axial", plane.index, square_box(centre, side, plane.pixel_mm, plane.volume.shape[1:]))
