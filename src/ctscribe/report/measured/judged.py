"""From a biomarker and its published limits to a judgement that the report may print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ctscribe.anatomy.biomarkers import Biomarker
from ctscribe.report.facts import Facts, biomarker_evidence
from ctscribe.report.schema import Evidence
from ctscribe.report.thresholds import BANDS, Judgement
from ctscribe.report.wording import figure, printed

BOTH: frozenset[Judgement] = frozenset({"normal", "abnormal"})
NEITHER: frozenset[Judgement] = frozenset()


@dataclass(frozen=True)
class Judged:
    """A measured figure, judged.

    Parameters
    ----------
    value : the figure as printed.
    words : the figure with its unit, "about" before it when it supports no claim.
    judgement : by the figure's limits.
    firm : the outline is good enough for a claim.
    evidence : what it was measured on.
    """

    value: float
    words: str
    judgement: Judgement
    firm: bool
    evidence: Evidence

    @property
    def polarity(self) -> Literal["present", "normal", "uncertain"]:
        """Of a sentence that says what the judgement says."""
        if not self.firm or self.judgement == "borderline":
            return "uncertain"
        return "present" if self.judgement == "abnormal" else "normal"

    def choose(self, *, normal: str, abnormal: str, otherwise: str) -> str:
        """The words that go with the polarity."""
        return {"normal": normal, "present": abnormal, "uncertain": otherwise}[self.polarity]


def judge(
    facts: Facts, biomarker: Biomarker | None, *, band: str = "", claims: frozenset[Judgement] = BOTH
) -> Judged | None:
    """Judge a biomarker by ``BANDS[band]`` (by its own name's, unless given); ``None`` when it was not measured.

    ``claims`` are the judgements that may be claimed on this scan: contrast, tube voltage or a sharp kernel take one or
    both of them away.
    """
    if biomarker is None or biomarker.value is None:
        return None
    judgement = BANDS[band or biomarker.name].judge(printed(biomarker.value, biomarker.unit))
    firm = judgement in claims and not biomarker.approximate and not facts.distrust
    about = "" if firm and judgement != "borderline" else "about "
    return Judged(
        value=printed(biomarker.value, biomarker.unit),
        words=about + figure(biomarker.value, biomarker.unit),
        judgement=judgement,
        firm=firm,
        evidence=biomarker_evidence(biomarker, facts.case.labelmap.source),
    )


def gap(facts: Facts, name: str, words: str) -> list[str]:
    """The phrase that says a biomarker is missing and why; empty when it was measured."""
    biomarker = facts.biomarker(name)
    if biomarker is None:
        return [words]
    if biomarker.value is not None:
        return []
    return [f"{words} ({biomarker.reason.rstrip('.')})" if biomarker.reason else words]
