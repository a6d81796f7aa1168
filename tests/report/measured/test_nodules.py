from __future__ import annotations

import pytest
from report_cases import lesion, make_case

from ctscribe.ct.volume import ScanMeta
from ctscribe.report.facts import Facts
from ctscribe.report.measured.nodules import DESCRIBED, nodules
from ctscribe.report.measured.statement import Importance


@pytest.mark.parametrize(
    ("diameter", "noun"),
    [(30.0, "30 mm nodule"), (30.4, "30 mm nodule"), (30.6, "31 mm mass"), (6.04, "6.0 mm nodule")],
)
def test_more_than_thirty_millimetres_as_printed_is_a_mass(diameter: float, noun: str) -> None:
    (statement,) = nodules(Facts(make_case([lesion(diameter_mm=diameter)]))).statements
    assert statement.finding.text == f"{noun.capitalize()} in the left lower lobe (0.90 mL, slice 19 of 26)."
    assert statement.finding.labels == ("Lung nodule",) and statement.finding.polarity == "present"
    assert (statement.importance is Importance.MAJOR) == ("mass" in noun)


@pytest.mark.parametrize(("confidence", "polarity"), [(0.5, "present"), (0.49, "uncertain")])
def test_an_unsure_detector_supports_a_possibility(confidence: float, polarity: str) -> None:
    (statement,) = nodules(Facts(make_case([lesion(confidence=confidence)]))).statements
    assert statement.finding.polarity == polarity and statement.finding.confidence == confidence
    assert statement.finding.text.startswith("Possible 12 mm nodule") == (polarity == "uncertain")


def test_the_largest_are_described_the_rest_counted() -> None:
    case = make_case([lesion(diameter_mm=8 + k, volume_ml=0.3 + k) for k in range(7)])
    *described, count = nodules(Facts(case)).statements
    assert [one.finding.text[:5] for one in described] == ["14 mm", "13 mm", "12 mm", "11 mm", "10 mm"]
    assert len(described) == DESCRIBED
    assert count.finding.text.startswith("7 pulmonary nodules were detected in all; the 5 described")
    assert len(count.finding.evidence) == 7
    assert described[0].summary.endswith("; 7 pulmonary nodules in all.")
    assert {one.importance for one in described[1:]} | {count.importance} == {Importance.NONE}


@pytest.mark.parametrize(
    ("slice_mm", "thickness", "limit"), [(1.0, None, 6), (2.5, None, 6), (4.0, None, 8), (2.5, 5.0, 10), (8.0, 8.0, 16)]
)
def test_absence_from_the_size_that_the_slices_can_show(slice_mm: float, thickness: float | None, limit: int) -> None:
    case = make_case(slice_mm=slice_mm, meta=ScanMeta(slice_thickness_mm=thickness))
    (statement,) = nodules(Facts(case)).statements
    assert statement.finding.text == f"No solid pulmonary nodule of {limit} mm or more was detected."
    assert statement.finding.polarity == "absent"


def test_consolidation_hides_nodules() -> None:
    (statement,) = nodules(Facts(make_case([lesion("consolidation")]))).statements
    assert statement.finding.text.endswith(" was detected outside the dense opacity.")


def test_no_absence_without_a_search_a_lung_or_trust() -> None:
    for case, gap in (
        (make_case(looked_for=[]), "pulmonary nodules"),
        (make_case(structures=["heart"]), "pulmonary nodules"),
        (make_case(confidence={"lung_overlap": 0.5}), "pulmonary nodules (the organs' outlines are unreliable)"),
    ):
        draft = nodules(Facts(case))
        assert draft.statements == [] and draft.gaps == [gap]


def test_one_lung_alone_is_no_search() -> None:
    draft = nodules(Facts(make_case(structures=["lung_upper_lobe_left", "lung_lower_lobe_left"])))
    assert draft.statements == [] and draft.gaps == ["pulmonary nodules (only one side was segmented)"]


def test_lungs_cut_off_are_only_spoken_of_as_far_as_they_are_shown() -> None:
    (statement,) = nodules(Facts(make_case(cut_off=True))).statements
    assert statement.finding.text.endswith(" was detected in the part of the lungs that the scan shows.")


def test_an_approximate_lobe_is_probable_and_its_side_sure() -> None:
    case = make_case([lesion()], approximate=frozenset({"lung_lower_lobe_left"}))
    (statement,) = nodules(Facts(case)).statements
    assert statement.finding.text.startswith("12 mm nodule in the left lung, probably lower lobe (")
