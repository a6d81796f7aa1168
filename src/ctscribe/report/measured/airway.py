"""Large airway."""

from __future__ import annotations

from ctscribe.report.facts import Facts
from ctscribe.report.measured.judged import gap, judge
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement, measured

NEVER_ASSESSED = ["wall and content of the trachea", "main bronchi"]


def airway(facts: Facts) -> SectionDraft:
    """Width of the trachea."""
    judged = judge(facts, facts.biomarker("tracheal_diameter"))
    if judged is None:
        return SectionDraft(gaps=[*gap(facts, "tracheal_diameter", "width of the trachea"), *NEVER_ASSESSED])
    narrowest = f"{judged.words} at its narrowest"
    possible = {"normal": "", "borderline": ", borderline", "abnormal": ", possibly narrowed"}[judged.judgement]
    words = judged.choose(
        normal=f"Trachea not narrowed, {narrowest}.",
        abnormal=f"The trachea is narrowed, {narrowest}.",
        otherwise=f"Trachea {narrowest}{possible}.",
    )
    importance = Importance.RELEVANT if judged.judgement == "abnormal" else Importance.NONE
    finding = measured(words, judged.polarity, [judged.evidence])
    return SectionDraft([Statement(finding, importance)], NEVER_ASSESSED)
