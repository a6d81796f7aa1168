"""The measured reporter: writes what was measured, says what was not looked at, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from ctscribe import __version__
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.report.entries import biomarker_entries, lesion_entries
from ctscribe.report.facts import Facts
from ctscribe.report.measured.abdomen import abdomen
from ctscribe.report.measured.airway import airway
from ctscribe.report.measured.heart import heart
from ctscribe.report.measured.impression import impression
from ctscribe.report.measured.lung import lung
from ctscribe.report.measured.mediastinum import mediastinum
from ctscribe.report.measured.musculoskeletal import musculoskeletal
from ctscribe.report.measured.statement import SectionDraft, measured
from ctscribe.report.measured.technique import technique_of
from ctscribe.report.schema import Author, Finding, Report, Section

__all__ = ["MeasuredReporter", "technique_of"]

SECTIONS: dict[str, Callable[[Facts], SectionDraft]] = {
    "lung": lung,
    "airway": airway,
    "mediastinum": mediastinum,
    "heart": heart,
    "abdomen": abdomen,
    "musculoskeletal": musculoskeletal,
}
"""Region key → the page that writes it."""


class MeasuredReporter:
    """Writes a report from measurements, by published limits and fixed wording; no model takes part.

    Every sentence is a ``Finding`` of origin ``measured`` with its evidence. Absence is said only of what was looked
    for, normality only of figures clear of their limit; what a section did not look at is said once, at its end.
    """

    name = "measured"
    version = "1.0"

    def __call__(self, case: Case) -> Report:
        """Write the six sections and the impression of a case."""
        facts = Facts(case)
        drafts = {region.key: SECTIONS[region.key](facts) for region in CHEST6}
        sections = tuple(
            Section(key=region.key, title=region.title, findings=_findings(drafts[region.key])) for region in CHEST6
        )
        statements = [statement for draft in drafts.values() for statement in draft.statements]
        return Report(
            author=Author(
                name=self.name,
                version=self.version,
                segmenter=case.labelmap.source,
                software=f"ctscribe {__version__}",
            ),
            technique=technique_of(case.volume, case.labelmap),
            sections=sections,
            impression=impression(facts, statements),
            lesions=lesion_entries(case),
            biomarkers=biomarker_entries(case),
        )


def _findings(draft: SectionDraft) -> tuple[Finding, ...]:
    """The section's sentences, and at the end the one that says what was not looked at."""
    unseen = measured(f"Not assessed: {', '.join(draft.gaps)}.", "not_assessed", ())
    return (*(statement.finding for statement in draft.statements), unseen)
