"""Musculoskeletal structures."""

from __future__ import annotations

from ctscribe.report.facts import Facts
from ctscribe.report.measured.judged import BOTH, NEITHER, judge
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement, measured
from ctscribe.report.thresholds import VERTEBRAL_LEVELS_JUDGED, standard_voltage

NEVER_ASSESSED = ["fractures and vertebral height", "focal bone lesions", "joints", "soft tissues of the chest wall"]


def musculoskeletal(facts: Facts) -> SectionDraft:
    """Bone density of one vertebra: L1, or the nearest level that the published limits hold for."""
    for level in VERTEBRAL_LEVELS_JUDGED:
        judged = judge(
            facts,
            facts.biomarker(f"vertebral_attenuation_{level}"),
            band="vertebral_attenuation",
            claims=BOTH if standard_voltage(facts.case.volume.meta.kvp) else NEITHER,
        )
        if judged is None:
            continue
        bone = f"trabecular attenuation of {level} {judged.words}"
        words = judged.choose(
            normal=f"No sign of osteoporosis by density: {bone}.",
            abnormal=f"Low bone density, in the range of osteoporosis: {bone}.",
            otherwise=f"Bone density cannot be judged firmly: {bone}.",
        )
        importance = Importance.MINOR if judged.judgement == "abnormal" else Importance.NONE
        finding = measured(words, judged.polarity, [judged.evidence])
        return SectionDraft([Statement(finding, importance)], NEVER_ASSESSED)
    return SectionDraft(gaps=["bone density", *NEVER_ASSESSED])
