"""Heart and great vessels."""

from __future__ import annotations

from ctscribe.report.facts import Facts, biomarker_evidence
from ctscribe.report.measured.judged import gap, judge
from ctscribe.report.measured.lesions import extent, found, not_found
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement, measured
from ctscribe.report.schema import Polarity
from ctscribe.report.thresholds import (
    AORTIC_ANEURYSM_MM,
    CALCIFICATION_FIRM_ML,
    PERICARDIAL_PHYSIOLOGICAL_ML,
    SEARCHED_FROM_ML,
)
from ctscribe.report.wording import figure, printed, sentence

NEVER_ASSESSED = [
    "cardiac chambers, valves and myocardium",
    "coronary stenosis",
    "pulmonary embolism",
    "aortic dissection",
    "medical devices",
]
VESSELS = {
    "ascending_aorta_diameter": "ascending aorta",
    "descending_aorta_diameter": "descending aorta",
    "pulmonary_trunk_diameter": "pulmonary trunk",
}
CALCIFICATIONS = {
    "aortic_calcification_volume": ("calcification of the aortic wall", "Arterial wall calcification"),
    "coronary_calcification_volume": ("coronary artery calcification", "Coronary artery wall calcification"),
}


def heart(facts: Facts) -> SectionDraft:
    """Heart size, pericardium, vessel diameters, calcification."""
    parts = [
        _size(facts),
        _pericardium(facts),
        *(_vessel(facts, name) for name in VESSELS),
        *(_calcification(facts, name) for name in CALCIFICATIONS),
    ]
    return SectionDraft(
        [statement for part in parts for statement in part.statements],
        [*(phrase for part in parts for phrase in part.gaps), *NEVER_ASSESSED],
    )


def _size(facts: Facts) -> SectionDraft:
    judged = judge(facts, facts.biomarker("cardiothoracic_ratio"))
    if judged is None:
        return SectionDraft(gaps=gap(facts, "cardiothoracic_ratio", "heart size"))
    ratio = f"cardiothoracic ratio {judged.words}"
    possible = {
        "normal": f"Heart size cannot be judged firmly ({ratio}).",
        "borderline": f"Heart size is borderline ({ratio}).",
        "abnormal": f"The heart is possibly enlarged ({ratio}).",
    }
    words = judged.choose(
        normal=f"Heart size is normal ({ratio}).",
        abnormal=f"The heart is enlarged ({ratio}).",
        otherwise=possible[judged.judgement],
    )
    importance = Importance.RELEVANT if judged.judgement == "abnormal" else Importance.NONE
    return SectionDraft([Statement(measured(words, judged.polarity, [judged.evidence], ["Cardiomegaly"]), importance)])


def _pericardium(facts: Facts) -> SectionDraft:
    indices = facts.lesions_of("pericardial_effusion")
    if not indices:
        words = f"no pericardial effusion of {SEARCHED_FROM_ML['pericardial_effusion']:.0f} mL or more was detected"
        return not_found(facts, "pericardial_effusion", words, "pericardial effusion", "heart", ("heart",))
    volume = printed(sum(facts.case.lesions[index].volume_ml for index in indices), "mL")
    if volume > PERICARDIAL_PHYSIOLOGICAL_ML:
        finding = found(facts, indices, f"pericardial effusion ({extent(facts, indices)})")
        return SectionDraft([Statement(finding, Importance.MAJOR)])
    finding = found(facts, indices, f"pericardial fluid of physiological amount ({extent(facts, indices)})")
    return SectionDraft([Statement(finding.model_copy(update={"polarity": "uncertain"}))])


def _vessel(facts: Facts, name: str) -> SectionDraft:
    vessel = VESSELS[name]
    judged = judge(facts, facts.biomarker(name))
    if judged is None:
        return SectionDraft(gaps=gap(facts, name, f"diameter of the {vessel}"))
    aneurysm = judged.value >= AORTIC_ANEURYSM_MM.get(name, float("inf"))
    grade = "of aneurysmal width" if aneurysm else "dilated"
    possible = {"normal": "", "borderline": ", borderline", "abnormal": f", possibly {grade}"}[judged.judgement]
    words = judged.choose(
        normal=f"{vessel} not dilated, {judged.words}",
        abnormal=f"{vessel} {grade}, {judged.words}",
        otherwise=f"{vessel} {judged.words}{possible}",
    )
    importance = Importance.NONE
    if judged.judgement == "abnormal":
        importance = Importance.MAJOR if aneurysm else Importance.RELEVANT
    return SectionDraft([Statement(measured(sentence(words), judged.polarity, [judged.evidence]), importance)])


def _calcification(facts: Facts, name: str) -> SectionDraft:
    words, label = CALCIFICATIONS[name]
    biomarker = facts.biomarker(name)
    if biomarker is None or biomarker.value is None:
        return SectionDraft(gaps=gap(facts, name, words))
    volume, shown = printed(biomarker.value, "mL"), figure(biomarker.value, "mL")
    firm = not biomarker.approximate and not facts.distrust
    polarity: Polarity = "present" if firm and volume >= CALCIFICATION_FIRM_ML else "uncertain"
    text = f"{words} ({shown})" if polarity == "present" else f"possible {words} (about {shown})"
    if not volume:
        if not firm:
            return SectionDraft(gaps=[f"{words} (the outline is only approximate)"])
        text, polarity = f"no {words} was measured", "absent"
    evidence = biomarker_evidence(biomarker, facts.case.labelmap.source)
    importance = Importance.MINOR if volume else Importance.NONE
    return SectionDraft([Statement(measured(sentence(text), polarity, [evidence], [label]), importance)])
