from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import biomarker, lesion, make_case

from ctscribe.anatomy.detectors.opacity import SOURCE as OPACITY_DETECTOR
from ctscribe.case import Case
from ctscribe.ct.volume import ScanMeta
from ctscribe.report.consistency import check_consistency
from ctscribe.report.facts import Facts
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.measured.lung import lung
from ctscribe.report.schema import Finding


def said(case: Case, label: str) -> list[Finding]:
    return [one.finding for one in lung(Facts(case)).statements if label in one.finding.labels]


@pytest.mark.parametrize(
    ("volume", "grade"), [(30, "Small"), (589, "Small"), (590, "Moderate"), (1064, "Moderate"), (1070, "Large")]
)
def test_effusion_grades(volume: float, grade: str) -> None:
    (finding,) = said(make_case([lesion("pleural_effusion", "pleura_right", 80, volume)]), "Pleural effusion")
    assert finding.text.startswith(f"{grade} right pleural effusion (") and finding.polarity == "present"


def test_one_sentence_a_side_over_all_its_parts() -> None:
    parts = [lesion("pleural_effusion", "pleura_right", 80, 400), lesion("pleural_effusion", "pleura_right", 50, 300)]
    right, left = said(make_case([*parts, lesion("pleural_effusion", "pleura_left", 20, 30)]), "Pleural effusion")
    assert right.text == "Moderate right pleural effusion (700 mL in 2 parts, the largest at slice 19 of 26)."
    assert len(right.evidence) == 2 and left.text.startswith("Small left")


def test_opacities_lobe_by_lobe() -> None:
    lobes = ["lung_lower_lobe_left", "lung_upper_lobe_right", "lung_lower_lobe_left"]
    case = make_case([lesion("ground_glass", lobe, 40, 5 + k) for k, lobe in enumerate(lobes)])
    first, second = [one for one in lung(Facts(case)).statements if "Lung opacity" in one.finding.labels]
    assert first.finding.text == (
        "Ground-glass opacity in the left lower lobe (12 mL in 2 parts, the largest at slice 19 of 26)."
    )
    assert second.finding.text.startswith("Ground-glass opacity in the right upper lobe (6.0 mL")
    assert first.summary.endswith("; 2 lobes in all.")


def test_density_alone_does_not_name_what_fills_the_lung() -> None:
    found = replace(lesion("consolidation", "lung_lower_lobe_right", 66, 59), source=OPACITY_DETECTOR)
    (one,) = [one for one in lung(Facts(make_case([found]))).statements if one.finding.polarity == "present"]
    assert one.finding.text == (
        "Dense opacity in the right lower lobe (59 mL, slice 19 of 26): consolidation, collapse or tumour."
    )
    assert one.finding.labels == ("Lung opacity",)
    report = MeasuredReporter()(make_case([found]))
    assert check_consistency(report, make_case([found])) == report


def test_a_kind_not_looked_for_is_named_once_and_not_denied() -> None:
    draft = lung(Facts(make_case(looked_for=["lung_nodule"])))
    assert {"consolidation", "ground-glass opacity", "pleural effusion", "emphysema"} <= set(draft.gaps)
    assert [one.finding.text for one in draft.statements] == ["No solid pulmonary nodule of 6 mm or more was detected."]


@pytest.mark.parametrize(
    ("index", "contrast", "kernel", "polarity"),
    [
        (2.9, False, None, "normal"),
        (2.97, False, None, "uncertain"),
        (4.9, False, None, "uncertain"),
        (5.0, False, None, "present"),
        (0.5, True, None, "uncertain"),
        (9.0, True, None, "present"),
        (9.0, False, "BONE", "uncertain"),
        (0.5, False, "BONE", "normal"),
    ],
)
def test_emphysema(index: float, contrast: bool, kernel: str | None, polarity: str) -> None:
    meta = ScanMeta(contrast=contrast, kernel=kernel)
    figures = [biomarker("emphysema_index", index), biomarker("lung_volume_total", 4912)]
    (finding,) = said(make_case(biomarkers=figures, meta=meta), "Emphysema")
    assert finding.polarity == polarity
    assert finding.text.endswith(" % of the lung volume of 4,910 mL.")
    assert ("about" in finding.text) == (polarity == "uncertain")


def test_a_missing_figure_says_why() -> None:
    draft = lung(Facts(make_case(biomarkers=[biomarker("emphysema_index", None, reason="the lungs are cut off.")])))
    assert "emphysema (the lungs are cut off)" in draft.gaps
