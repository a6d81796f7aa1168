"""The impression: what is abnormal, most important first; or that nothing measured was."""

from __future__ import annotations

from collections.abc import Sequence

from ctscribe.report.facts import Facts
from ctscribe.report.measured.statement import Importance, Statement, measured
from ctscribe.report.schema import Evidence, Finding


def impression(facts: Facts, statements: Sequence[Statement]) -> tuple[Finding, ...]:
    """Claims before possibilities, then by importance, then in the order of the sections."""
    notable = [one for one in statements if one.importance is not Importance.NONE]
    notable.sort(key=lambda one: (one.finding.polarity != "present", -one.importance))
    findings = [one.finding.model_copy(update={"text": one.summary or one.finding.text}) for one in notable]
    if not any(finding.polarity == "present" for finding in findings):
        findings.append(_nothing_abnormal(facts, statements))
    return tuple(findings)


def _nothing_abnormal(facts: Facts, statements: Sequence[Statement]) -> Finding:
    """Said of what was assessed only; without one claim of normality there is nothing to say it of."""
    evidence: list[Evidence] = []
    for one in statements:
        if one.finding.polarity in {"normal", "absent"}:
            evidence += [item for item in one.finding.evidence if item not in evidence]
    if not evidence:
        return measured("No measurement of this scan supports a statement on what is normal.", "not_assessed", ())
    text = "Nothing clearly abnormal among what was measured; much was not assessed, as each section says."
    return measured(text, "uncertain" if facts.distrust else "normal", evidence)
