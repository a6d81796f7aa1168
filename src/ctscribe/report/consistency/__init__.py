"""Hold every sentence of a report to the measurements, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctscribe.case import Case
from ctscribe.report.consistency.figures import counts_agree, figures_agree, limits_hold
from ctscribe.report.consistency.grounds import Dropped, Grounds
from ctscribe.report.consistency.places import (
    evidence_belongs,
    evidence_exists,
    levels_agree,
    lobes_agree,
    sides_agree,
    slices_agree,
)
from ctscribe.report.consistency.presence import biomarkers_agree, claims_have_evidence, lesions_agree
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Finding, Report

__all__ = ["RULES", "check_consistency", "check_finding"]

Rule = Callable[[Grounds], Finding | Dropped]

RULES: tuple[Rule, ...] = (
    evidence_exists,
    evidence_belongs,
    lobes_agree,
    sides_agree,
    levels_agree,
    slices_agree,
    figures_agree,
    limits_hold,
    counts_agree,
    lesions_agree,
    biomarkers_agree,
    claims_have_evidence,
)
"""Applied in this order; each returns the sentence, a corrected sentence, or why it must go."""

NOTHING_LEFT = Finding(
    text="No sentence of this section agreed with the measurements.", polarity="not_assessed", origin="measured"
)


def check_consistency(report: Report, case: Case) -> Report:
    """Compare every sentence with the case it was written of.

    Laterality, lobe, vertebra, slice, figure and number are put right where the evidence leaves one answer; a sentence
    that contradicts the case otherwise is dropped; a claim without evidence becomes uncertain. What was done to a
    sentence stands in its ``notes``, and in the report's. A report that agrees comes back unchanged.
    """
    facts = Facts(case)
    notes: list[str] = []
    sections = tuple(
        section.model_copy(
            update={"findings": _checked(section.findings, facts, section.key, section.title, notes) or (NOTHING_LEFT,)}
        )
        for section in report.sections
    )
    impression = _checked(report.impression, facts, None, "Impression", notes)
    if not notes:
        return report
    return report.model_copy(update={"sections": sections, "impression": impression, "notes": (*report.notes, *notes)})


def check_finding(finding: Finding, facts: Facts, section: str | None) -> Finding | Dropped:
    """Apply every rule to one sentence; ``section`` is its chest-6 key, ``None`` in the impression."""
    if finding.polarity == "not_assessed":
        return finding
    for rule in RULES:
        outcome = rule(Grounds(finding, facts, section))
        if isinstance(outcome, Dropped):
            return outcome
        finding = outcome
    return finding


def _checked(
    findings: Sequence[Finding], facts: Facts, section: str | None, title: str, notes: list[str]
) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    for finding in findings:
        outcome = check_finding(finding, facts, section)
        if isinstance(outcome, Dropped):
            notes.append(f"{title}: dropped “{finding.text}”: {outcome.reason}")
            continue
        if outcome != finding:
            added = outcome.notes[len(finding.notes) :]
            notes.append(f"{title}: “{finding.text}”: {'; '.join(added)}")
        kept.append(outcome)
    return tuple(kept)
