"""The human-readable part of a FHIR DiagnosticReport: every sentence with its polarity and origin, as XHTML."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from ctscribe.report.schema import Finding, Report
from ctscribe.report.writers import titles


def narrative(report: Report) -> str:
    """A ``div`` of FHIR's narrative subset of XHTML."""
    parts = [
        _paragraph(report.research_use, "b"),
        _paragraph(report.technique.text),
        *(_paragraph(remark) for remark in titles.remarks(report.technique)),
        _section("Impression", report.impression),
        *(_section(section.title, section.findings) for section in report.sections),
        *(_paragraph(note) for note in report.notes),
    ]
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(parts)}</div>'


def _paragraph(text: str, within: str | None = None) -> str:
    words = escape(text)
    return f"<p><{within}>{words}</{within}></p>" if within else f"<p>{words}</p>"


def _section(title: str, findings: Iterable[Finding]) -> str:
    items = "".join(
        f"<li>{escape(f.text)} <i>({titles.POLARITIES[f.polarity][1]}; {escape(titles.ORIGINS[f.origin])})</i></li>"
        for f in findings
    )
    return f"<p><b>{escape(title)}</b></p>" + (f"<ul>{items}</ul>" if items else "")
