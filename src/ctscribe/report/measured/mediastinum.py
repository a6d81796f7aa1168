"""Mediastinum."""

from __future__ import annotations

from ctscribe.report.facts import Facts
from ctscribe.report.measured.statement import SectionDraft


def mediastinum(facts: Facts) -> SectionDraft:
    """Nothing is measured in the mediastinum yet."""
    return SectionDraft(
        gaps=[
            "lymph nodes",
            "mediastinal masses",
            "oesophagus and hiatal hernia",
            "thyroid",
            "mediastinal air or fluid",
        ]
    )
