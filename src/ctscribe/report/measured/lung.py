"""Lung parenchyma and pleura."""

from __future__ import annotations

from ctscribe.anatomy.guidance import LOBES
from ctscribe.report.facts import Facts, biomarker_evidence
from ctscribe.report.findings import told_by_density_alone
from ctscribe.report.measured.judged import BOTH, gap, judge
from ctscribe.report.measured.lesions import by_place, extent, found, not_found
from ctscribe.report.measured.nodules import nodules
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement, measured
from ctscribe.report.schema import Finding
from ctscribe.report.thresholds import (
    PLEURAL_LARGE_ML,
    PLEURAL_MODERATE_ML,
    SEARCHED_FROM_ML,
    Judgement,
    sharp_kernel,
)
from ctscribe.report.wording import figure, place, printed

NEVER_ASSESSED = [
    "bronchial walls and bronchiectasis",
    "interlobular septa",
    "fibrosis",
    "atelectasis",
    "mosaic attenuation",
    "pneumothorax",
    "pleural thickening",
]
OPACITIES = {
    "consolidation": ("consolidation", Importance.MAJOR),
    "ground_glass": ("ground-glass opacity", Importance.RELEVANT),
}


def lung(facts: Facts) -> SectionDraft:
    """Nodules, consolidation, ground glass, effusion, emphysema."""
    parts = [nodules(facts), *(_opacity(facts, kind) for kind in OPACITIES), _pleura(facts), _emphysema(facts)]
    return SectionDraft(
        [statement for part in parts for statement in part.statements],
        [*(phrase for part in parts for phrase in part.gaps), *NEVER_ASSESSED],
    )


def _opacity(facts: Facts, kind: str) -> SectionDraft:
    """One sentence for each lobe; the lobe with the most of it speaks for all of them in the impression."""
    name, importance = OPACITIES[kind]
    draft = not_found(
        facts, kind, f"no {name} of {SEARCHED_FROM_ML[kind]:.0f} mL or more was detected", name, "lungs", LOBES
    )
    findings: list[Finding] = []
    for sub_region, indices in by_place(facts, kind).items():
        where = place(sub_region, approximate=sub_region in facts.case.labelmap.approximate)
        if all(told_by_density_alone(kind, facts.case.lesions[index].source) for index in indices):
            findings.append(_dense_opacity(facts, indices, where))
        else:
            findings.append(found(facts, indices, f"{name} in the {where} ({extent(facts, indices)})"))
    findings.sort(key=lambda finding: finding.polarity != "present")
    for rank, finding in enumerate(findings):
        rest = f"; {len(findings)} lobes in all." if len(findings) > 1 else "."
        summary = finding.text.rstrip(".") + rest
        draft.statements.append(Statement(finding, Importance.NONE if rank else importance, summary))
    return draft


def _dense_opacity(facts: Facts, indices: list[int], where: str) -> Finding:
    """Density alone does not tell what fills the air spaces, so the sentence names all that may."""
    words = f"dense opacity in the {where} ({extent(facts, indices)}): consolidation, collapse or tumour"
    return found(facts, indices, words).model_copy(update={"labels": ("Lung opacity",)})


def _pleura(facts: Facts) -> SectionDraft:
    """One sentence for each side."""
    limit = f"no pleural effusion of {SEARCHED_FROM_ML['pleural_effusion']:.0f} mL or more was detected"
    draft = not_found(facts, "pleural_effusion", limit, "pleural effusion", "lungs", LOBES)
    for sub_region, indices in by_place(facts, "pleural_effusion").items():
        volume = printed(sum(facts.case.lesions[index].volume_ml for index in indices), "mL")
        grade = "small" if volume < PLEURAL_MODERATE_ML else "moderate" if volume < PLEURAL_LARGE_ML else "large"
        words = f"{grade} {place(sub_region)} pleural effusion ({extent(facts, indices)})"
        importance = Importance.MAJOR if grade == "large" else Importance.RELEVANT
        draft.statements.append(Statement(found(facts, indices, words), importance))
    return draft


def _emphysema_claims(facts: Facts) -> frozenset[Judgement]:
    """Contrast medium lowers the index, a sharp kernel raises it."""
    taken: set[Judgement] = {"normal"} if facts.enhanced else set()
    if sharp_kernel(facts.case.volume.meta.kernel):
        taken.add("abnormal")
    return BOTH - taken


def _emphysema(facts: Facts) -> SectionDraft:
    judged = judge(facts, facts.biomarker("emphysema_index"), claims=_emphysema_claims(facts))
    if judged is None:
        return SectionDraft(gaps=gap(facts, "emphysema_index", "emphysema"))
    evidence = [judged.evidence]
    share = f"attenuation below −950 HU in {judged.words} of the lung"
    volume = facts.biomarker("lung_volume_total")
    if volume is not None and volume.value is not None:
        share += f" volume of {figure(volume.value, volume.unit)}"
        evidence.append(biomarker_evidence(volume, facts.case.labelmap.source))
    words = judged.choose(
        normal=f"No emphysema by density: {share}.",
        abnormal=f"Emphysema by density: {share}.",
        otherwise=f"Emphysema cannot be judged firmly: {share}.",
    )
    importance = Importance.RELEVANT if judged.judgement == "abnormal" else Importance.NONE
    return SectionDraft([Statement(measured(words, judged.polarity, evidence, ["Emphysema"]), importance)])
