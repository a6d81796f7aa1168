"""The report as plain text, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from ctscribe.report.schema import Finding, Origin, Report
from ctscribe.report.writers.titles import ORIGINS

WIDTH = 100
TITLE = "CHEST CT REPORT"

MARKS: dict[Origin, str] = {"measured": "", "model": "[M]", "default": "[D]", "question": "[Q]"}
"""Origin → the mark before its sentence; measured sentences, the ground of the report, have none."""


def write_text(report: Report) -> str:
    """Title, research-use line, technique, impression, the six sections, what was changed, how each sentence arose."""
    sections = [_block(one.title.upper(), [_said(finding) for finding in one.findings]) for one in report.sections]
    blocks = [
        f"{TITLE}\n{'=' * len(TITLE)}",
        _filled(report.research_use),
        _block("TECHNIQUE", [report.technique.text]),
        _block("IMPRESSION", _numbered(report.impression)),
        *sections,
    ]
    if report.notes:
        blocks.append(_block("CHECK AGAINST THE MEASUREMENTS", report.notes))
    blocks.append(_block("HOW EACH SENTENCE AROSE", [*_legend(report), _author(report)]))
    return "\n\n".join(blocks) + "\n"


def _filled(text: str, first: str = "", following: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=following, break_on_hyphens=False)


def _block(title: str, paragraphs: Iterable[str]) -> str:
    lines = [part if part.startswith(" ") else _filled(part, "  ", "  ") for part in paragraphs]
    return "\n".join([title, *lines])


def _numbered(findings: Sequence[Finding]) -> list[str]:
    return [_filled(_said(finding), f"  {number}. ", "     ") for number, finding in enumerate(findings, start=1)]


def _said(finding: Finding) -> str:
    return f"{MARKS[finding.origin]} {finding.text}".strip()


def _legend(report: Report) -> list[str]:
    """Only the origins that occur."""
    findings = [*report.impression, *(finding for section in report.sections for finding in section.findings)]
    used = {finding.origin for finding in findings}
    measured = "Sentences without a mark: measured on the scan, with its evidence in report.json."
    return [
        f"{MARKS[origin]} {words}." if MARKS[origin] else measured
        for origin, words in ORIGINS.items()
        if origin in used
    ]


def _author(report: Report) -> str:
    author = report.author
    return f"Written by {author.name} {author.version}, {author.software}; segmentation by {author.segmenter}."
