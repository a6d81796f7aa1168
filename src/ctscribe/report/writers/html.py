"""The report as one self-contained HTML page: text on the left, the key slice of the sentence in hand on the right.

Nothing is loaded from anywhere (a content security policy forbids it), every string is escaped, and the page reads
and prints without its script.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.report.schema import BiomarkerEntry, Finding, LesionEntry, Report
from ctscribe.report.wording import figure, structure_words
from ctscribe.report.writers import titles
from ctscribe.report.writers.drawing import Figure, draw_figures, draw_overview
from ctscribe.report.writers.key_slices import choose_key_slices
from ctscribe.report.writers.outlines import SliceAreas

_PRINT_COLUMNS = ((8, 4), (12, 5), (18, 6))  # up to so many pictures: so many columns, to stay on two pages
_VERTEBRAL = "vertebral_attenuation_"


@dataclass(frozen=True)
class Claim:
    """A sentence as the page shows it: where its picture is and what to light up there."""

    anchor: str
    finding: Finding
    figures: tuple[int, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class LesionRow:
    """A row of the lesion table; slices as people count them, from the head."""

    key: str
    entry: LesionEntry
    slices: str
    key_slice: int
    figure: int | None


@dataclass(frozen=True)
class BiomarkerRow:
    """A row of the measurement table: a value or the reason why there is none; ``method`` numbers its footnote."""

    title: str
    value: str | None
    reason: str | None
    approximate: bool
    method: int


def write_html(report: Report, case: Case) -> str:
    """The page as text.

    Parameters
    ----------
    report : what to write; its lesions must be the case's.
    case : the scan and label map that the pictures are drawn from.
    """
    areas = SliceAreas(case)
    figures = draw_figures(report, case, choose_key_slices(report, case, areas), areas)
    footnotes = _footnotes(report)
    panels = 1 + sum(1 if figure.close_up is None else 2 for figure in figures)
    environment = Environment(
        loader=PackageLoader("ctscribe.report.writers"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("page.html").render(
        report=report,
        impression=_claims("impression", report.impression, figures),
        sections=[(section, _claims(section.key, section.findings, figures)) for section in report.sections],
        figures=figures,
        overview=draw_overview(report, case, figures),
        lesions=_lesion_rows(report, case, figures),
        biomarkers=_biomarker_rows(report, footnotes),
        footnotes=list(footnotes),
        print_columns=next(columns for most, columns in _PRINT_COLUMNS if panels <= most),
        titles=titles,
        structure_words=structure_words,
        in_words=figure,
    )


def _claims(name: str, findings: tuple[Finding, ...], figures: tuple[Figure, ...]) -> list[Claim]:
    claims = []
    for number, finding in enumerate(findings, start=1):
        anchor = f"{name}-{number}"
        shown = tuple(f.number for f in figures if any(r.sentence.anchor == anchor for r in f.key_slice.requests))
        keys = [structure for evidence in finding.evidence for structure in evidence.structures]
        keys += [f"lesion-{evidence.lesion}" for evidence in finding.evidence if evidence.lesion is not None]
        claims.append(Claim(anchor, finding, shown, tuple(dict.fromkeys(keys))))
    return claims


def _lesion_rows(report: Report, case: Case, figures: tuple[Figure, ...]) -> list[LesionRow]:
    depth = case.volume.shape[0]
    rows = []
    for number, entry in enumerate(report.lesions):
        first, last = depth - entry.slices[1], depth - entry.slices[0]
        figure = next(
            (f.number for f in figures if any(r.evidence.lesion == number for r in f.key_slice.requests)), None
        )
        slices = f"{first}–{last}" if first != last else f"{first}"
        rows.append(LesionRow(f"lesion-{number}", entry, slices, depth - entry.key_slice, figure))
    return rows


def _footnotes(report: Report) -> dict[tuple[str, str], int]:
    """(method, limits) → its number, in order of first use."""
    pairs = dict.fromkeys((entry.method, entry.limits) for entry in report.biomarkers)
    return {pair: number for number, pair in enumerate(pairs, start=1)}


def _biomarker_rows(report: Report, footnotes: dict[tuple[str, str], int]) -> list[tuple[str, list[BiomarkerRow]]]:
    """The measurement table by section, sections without a measurement left out; the vertebrae share rows."""
    groups = []
    for region in CHEST6:
        entries = [entry for entry in report.biomarkers if entry.region == region.key]
        rows = [_row(entry, footnotes) for entry in entries if not entry.name.startswith(_VERTEBRAL)]
        rows += _vertebral_rows([entry for entry in entries if entry.name.startswith(_VERTEBRAL)], footnotes)
        if rows:
            groups.append((region.title, rows))
    return groups


def _row(entry: BiomarkerEntry, footnotes: dict[tuple[str, str], int]) -> BiomarkerRow:
    value = None if entry.value is None else figure(entry.value, entry.unit)
    return BiomarkerRow(
        titles.biomarker_title(entry.name),
        value,
        entry.reason,
        entry.approximate,
        footnotes[entry.method, entry.limits],
    )


def _vertebral_rows(entries: list[BiomarkerEntry], footnotes: dict[tuple[str, str], int]) -> list[BiomarkerRow]:
    """One row for all levels that were measured, and one for each reason why others were not."""
    shared: dict[tuple[str | None, bool, int], list[BiomarkerEntry]] = {}
    for entry in entries:
        key = entry.reason, entry.approximate, footnotes[entry.method, entry.limits]
        shared.setdefault(key, []).append(entry)
    rows = []
    for (reason, approximate, method), levels in shared.items():
        names = [entry.name.removeprefix(_VERTEBRAL) for entry in levels]
        if reason is None:
            figures = [
                f"{name} {figure(e.value, e.unit)}"
                for name, e in zip(names, levels, strict=True)
                if e.value is not None
            ]
            rows.append(BiomarkerRow("Vertebral attenuation", ", ".join(figures), None, approximate, method))
        else:
            rows.append(BiomarkerRow(f"Vertebral attenuation, {', '.join(names)}", None, reason, approximate, method))
    return rows
