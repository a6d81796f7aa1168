"""Abdominal organs, as far as a chest CT shows them."""

from __future__ import annotations

from ctscribe.report.facts import Facts
from ctscribe.report.measured.judged import BOTH, NEITHER, gap, judge
from ctscribe.report.measured.lesions import by_place, extent, found, not_found
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement, measured
from ctscribe.report.thresholds import KIDNEY_CYST_FIRM_MM, LIVER_MINUS_SPLEEN_UP_TO, standard_voltage
from ctscribe.report.wording import figure, place, printed

NEVER_ASSESSED = [
    "focal lesions of liver and spleen",
    "gallbladder",
    "pancreas",
    "adrenal glands",
    "kidneys otherwise",
    "stomach and bowel",
]


def abdomen(facts: Facts) -> SectionDraft:
    """Liver fat, kidney cysts."""
    parts = [_liver(facts), _kidneys(facts)]
    return SectionDraft(
        [statement for part in parts for statement in part.statements],
        [*(phrase for part in parts for phrase in part.gaps), *NEVER_ASSESSED],
    )


def _liver(facts: Facts) -> SectionDraft:
    """Steatosis by the liver's attenuation and by its difference from the spleen's; only without contrast."""
    if facts.enhanced:
        return SectionDraft(gaps=["liver fat (contrast was given)"])
    known = facts.enhanced is False and standard_voltage(facts.case.volume.meta.kvp)
    claims = BOTH if known else NEITHER
    alone = judge(facts, facts.biomarker("liver_attenuation"), claims=claims)
    if alone is None:
        return SectionDraft(gaps=gap(facts, "liver_attenuation", "liver fat"))
    judged = [alone]
    words = f"liver attenuation {alone.words}"
    against = judge(facts, facts.biomarker("liver_minus_spleen"), claims=claims)
    if against is not None:
        judged.append(against)
        words += f", minus spleen {against.words}"
    evidence = [one.evidence for one in judged]
    polarities = {one.polarity for one in judged}
    if against is not None and against.value > LIVER_MINUS_SPLEEN_UP_TO:
        polarities.add("uncertain")
    if "present" in polarities and "normal" not in polarities:
        finding = measured(f"Hepatic steatosis by density: {words}.", "present", evidence)
        return SectionDraft([Statement(finding, Importance.MINOR)])
    if polarities == {"normal"}:
        return SectionDraft([Statement(measured(f"No hepatic steatosis by density: {words}.", "normal", evidence))])
    finding = measured(f"Hepatic steatosis cannot be judged firmly: {words}.", "uncertain", evidence)
    return SectionDraft([Statement(finding)])


def _kidneys(facts: Facts) -> SectionDraft:
    """One sentence for each side."""
    kidneys = ("kidney_left", "kidney_right")
    draft = not_found(facts, "kidney_cyst", "no kidney cyst was detected", "kidney cysts", "kidneys", kidneys)
    for sub_region, indices in by_place(facts, "kidney_cyst").items():
        largest = max(facts.case.lesions[index].diameter_mm for index in indices)
        number = "cyst" if len(indices) == 1 else f"{len(indices)} cysts"
        size = figure(largest, "mm") if len(indices) == 1 else f"up to {figure(largest, 'mm')}"
        words = f"{number} in the {place(sub_region)}, {size} ({extent(facts, indices)})"
        large = printed(largest, "mm") >= KIDNEY_CYST_FIRM_MM
        finding = found(facts, indices, words, sure=large)
        draft.statements.append(Statement(finding, Importance.MINOR if large else Importance.NONE))
    return draft
