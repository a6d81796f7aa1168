"""Large airway."""

from __future__ import annotations

from ctscribe.report.facts import Facts
from ctscribe.report.measured.statement import SectionDraft


def airway(facts: Facts) -> SectionDraft:
    """Nothing is measured in the airway yet."""
    return SectionDraft(gaps=["calibre, wall and content of the trachea and main bronchi"])
