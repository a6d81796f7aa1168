"""One measured quantity, or the reason why it could not be measured."""

from __future__ import annotations

from dataclasses import dataclass

from ctscribe.types import Point


@dataclass(frozen=True)
class Biomarker:
    """One measured quantity.

    Parameters
    ----------
    name : stable key, such as ``cardiothoracic_ratio`` or ``vertebral_attenuation_T12``.
    region : report region key of chest-6 that it is spoken of under.
    value : the figure in ``unit``, ``None`` when it is not assessable.
    unit : UCUM code, such as ``mm``, ``mL``, ``[hnsf'U]``, ``%``, ``1``.
    structures : TotalSegmentator classes it was measured on.
    method : the published method, with its citation.
    limits : when the figure must not be trusted.
    reason : why it is not assessable, ``None`` when it was measured.
    key_slice : canonical axial slice where it was measured, ``None`` for whole-organ figures.
    line_mm : LPS end points of a measured diameter, ``None`` when it is not a length in one slice.
    approximate : the outline it was measured on is only roughly right, so the figure supports no claim of normality.
    """

    name: str
    region: str
    value: float | None
    unit: str
    structures: tuple[str, ...]
    method: str
    limits: str
    reason: str | None = None
    key_slice: int | None = None
    line_mm: tuple[Point, Point] | None = None
    approximate: bool = False
