"""Rules on whether: a finding that is there is not denied, one that was searched for in vain is not claimed."""

from __future__ import annotations

from ctscribe.report.consistency.figures import in_places
from ctscribe.report.consistency.grounds import Dropped, Grounds
from ctscribe.report.consistency.mentions import biomarker_mentions, clauses, lesion_mentions
from ctscribe.report.consistency.quantities import quantities
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Finding
from ctscribe.report.thresholds import BANDS, CALCIFICATION_FIRM_ML, Judgement, sharp_kernel, standard_voltage
from ctscribe.report.wording import printed

CLAIMS = frozenset({"present", "absent", "normal"})


def lesions_agree(grounds: Grounds) -> Finding | Dropped:
    """Lesions are neither denied where they lie nor claimed where the search for them found none."""
    finding, facts = grounds.finding, grounds.facts
    for clause in clauses(finding.text):
        for kind, denied in lesion_mentions(clause, grounds.section):
            name = kind.replace("_", " ")
            against = _beyond_limits(clause, facts, kind) if denied else []
            if any(map(facts.firm, against)):
                return Dropped(f"it denies a {name} that was found")
            if against and finding.polarity in CLAIMS:
                return grounds.doubted(f"a possible {name} was found")
            in_vain = facts.looked_for(kind) and not in_places(clause, facts, kind)
            if not denied and in_vain and finding.polarity in CLAIMS:
                return Dropped(f"it claims a {name} where none was found")
    return finding


def _beyond_limits(clause: str, facts: Facts, kind: str) -> list[int]:
    """The kind's lesions that a denial covers: in its places, and beyond the size it names."""
    bounds = [one for one in quantities(clause) if one.bound == "over"]
    covered: list[int] = []
    for index in in_places(clause, facts, kind):
        lesion = facts.case.lesions[index]
        sizes = {"mm": lesion.diameter_mm, "mL": lesion.volume_ml}
        if all(sizes[one.unit] >= min(one.values) for one in bounds if one.unit in sizes):
            covered.append(index)
    return covered


def biomarkers_agree(grounds: Grounds) -> Finding | Dropped:
    """What is judged in words, such as heart size, is not judged the other way by its figure."""
    finding = grounds.finding
    if finding.polarity not in CLAIMS:
        return finding
    for clause in clauses(finding.text):
        for name, denied in biomarker_mentions(clause):
            if _judgement(name, grounds.facts) == ("abnormal" if denied else "normal"):
                return Dropped(f"the measured {name.replace('_', ' ')} says otherwise")
    return finding


def _judgement(name: str, facts: Facts) -> Judgement | None:
    """By the biomarker's published limits; ``None`` where its figure supports no claim."""
    biomarker = facts.biomarker(name)
    if biomarker is None or biomarker.value is None or biomarker.approximate or facts.distrust:
        return None
    meta = facts.case.volume.meta
    if name == "liver_attenuation" and not (facts.enhanced is False and standard_voltage(meta.kvp)):
        return None
    if name == "emphysema_index" and (facts.enhanced is not False or sharp_kernel(meta.kernel)):
        return None
    value = printed(biomarker.value, biomarker.unit)
    if name in BANDS:
        return BANDS[name].judge(value)
    return "abnormal" if value >= CALCIFICATION_FIRM_ML else "borderline" if value else "normal"


def claims_have_evidence(grounds: Grounds) -> Finding | Dropped:
    """A claim that no measurement stands behind becomes an uncertain sentence."""
    finding = grounds.finding
    if finding.origin == "measured" or finding.polarity not in CLAIMS or finding.evidence:
        return finding
    return grounds.doubted("no measurement supports this sentence")
