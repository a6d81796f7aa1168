from __future__ import annotations

import pytest
from report_cases import SLICES, biomarker, lesion, make_case

from ctscribe.report.facts import Facts, biomarker_evidence, lesion_evidence


def test_slices_are_counted_from_the_top() -> None:
    facts = Facts(make_case())
    assert facts.slice_number(SLICES - 1) == 1 and facts.slice_number(0) == SLICES
    assert facts.slice_words(0) == f"slice {SLICES} of {SLICES}"


def test_looked_for_and_found() -> None:
    facts = Facts(make_case([lesion("consolidation")], looked_for=["lung_nodule", "consolidation"]))
    assert facts.searched_in_vain("lung_nodule")
    assert facts.looked_for("consolidation") and not facts.searched_in_vain("consolidation")
    assert not facts.looked_for("ground_glass") and not facts.searched_in_vain("ground_glass")


def test_a_mask_of_specks_too_small_to_be_lesions_is_no_absence() -> None:
    case = make_case(looked_for=["lung_nodule"])
    case.labelmap.lesions["lung_nodule"][3, 3, 3] = True
    assert not Facts(case).searched_in_vain("lung_nodule")


@pytest.mark.parametrize(
    ("confidence", "overlap", "firm"), [(None, 1, True), (0.5, 1, True), (0.49, 1, False), (0.9, 0.8, False)]
)
def test_firm(confidence: float | None, overlap: float, firm: bool) -> None:
    case = make_case([lesion(confidence=confidence)], confidence={"lung_overlap": overlap})
    assert Facts(case).firm(0) is firm


def test_lesions_come_largest_diameter_first() -> None:
    case = make_case([lesion(diameter_mm=5, volume_ml=9), lesion(diameter_mm=30, volume_ml=1), lesion("consolidation")])
    assert [case.lesions[index].diameter_mm for index in Facts(case).lesions_of("lung_nodule")] == [30, 5]


def test_evidence_holds_the_figures() -> None:
    one = lesion_evidence(lesion(diameter_mm=12.5, volume_ml=0.9), 4)
    assert one.lesion == 4 and [(m.name, m.value, m.unit) for m in one.measurements] == [
        ("diameter", 12.5, "mm"),
        ("volume", 0.9, "mL"),
        ("mean_attenuation", 35.0, "[hnsf'U]"),
    ]
    two = biomarker_evidence(biomarker("cardiothoracic_ratio", 0.5, approximate=True), "atlas")
    assert two.source == "atlas" and two.measurements[0].approximate and two.measurements[0].unit == "1"
    assert biomarker_evidence(biomarker("cardiothoracic_ratio", None), "atlas").measurements == ()
