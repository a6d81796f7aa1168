from __future__ import annotations

import pytest
from report_cases import biomarker, lesion, make_case

from ctscribe.ct.volume import ScanMeta
from ctscribe.report.facts import Facts
from ctscribe.report.measured.abdomen import abdomen


@pytest.mark.parametrize(
    ("liver", "difference", "polarity"),
    [
        (40, None, "present"),
        (41, None, "uncertain"),
        (53, None, "uncertain"),
        (54, None, "normal"),
        (54, 5, "normal"),
        (54, 4, "uncertain"),
        (57, 18, "normal"),
        (57, 31, "uncertain"),
        (45, -10, "present"),
        (60, -12, "uncertain"),
    ],
)
def test_steatosis(liver: float, difference: float | None, polarity: str) -> None:
    figures = [biomarker("liver_attenuation", liver), biomarker("liver_minus_spleen", difference)]
    (statement,) = abdomen(Facts(make_case(biomarkers=figures, looked_for=[]))).statements
    assert statement.finding.polarity == polarity
    start = {"present": "Hepatic steatosis by density", "normal": "No hepatic steatosis by density"}
    assert statement.finding.text.startswith(start.get(polarity, "Hepatic steatosis cannot be judged firmly"))
    assert len(statement.finding.evidence) == 1 + (difference is not None)


@pytest.mark.parametrize(
    ("meta", "blood", "statements"),
    [
        (ScanMeta(contrast=True), 40, 0),
        (ScanMeta(), 300, 0),
        (ScanMeta(contrast=False), 300, 0),
        (ScanMeta(contrast=False, kvp=80), 40, 1),
        (ScanMeta(), 82, 1),
    ],
)
def test_no_claim_on_fat_with_contrast_doubt_or_another_voltage(meta: ScanMeta, blood: int, statements: int) -> None:
    case = make_case(biomarkers=[biomarker("liver_attenuation", 30)], looked_for=[], meta=meta, blood_hu=blood)
    draft = abdomen(Facts(case))
    assert [one.finding.polarity for one in draft.statements] == ["uncertain"] * statements
    assert ("liver fat (contrast was given)" in draft.gaps) == (statements == 0)


def test_cysts_by_side() -> None:
    cysts = [lesion("kidney_cyst", "kidney_left", 23, 5.1), lesion("kidney_cyst", "kidney_right", 12, 0.9)]
    left, right = abdomen(Facts(make_case([*cysts, lesion("kidney_cyst", "kidney_left", 8, 0.2)]))).statements
    assert left.finding.text == (
        "2 cysts in the left kidney, up to 23 mm (5.3 mL in 2 parts, the largest at slice 19 of 26)."
    )
    assert right.finding.text == "Cyst in the right kidney, 12 mm (0.90 mL, slice 19 of 26)."
    assert left.finding.labels == () and left.finding.polarity == "present"


@pytest.mark.parametrize(("diameter", "polarity"), [(9.94, "uncertain"), (9.96, "present")])
def test_a_cyst_too_small_to_characterise_is_possible(diameter: float, polarity: str) -> None:
    (statement,) = abdomen(Facts(make_case([lesion("kidney_cyst", "kidney_left", diameter, 0.5)]))).statements
    assert statement.finding.polarity == polarity
    assert statement.finding.text.startswith("Possible") == (polarity == "uncertain")


def test_absence_of_cysts_needs_kidneys() -> None:
    (statement,) = abdomen(Facts(make_case())).statements
    assert statement.finding.polarity == "absent"
    assert abdomen(Facts(make_case(structures=["liver"]))).statements == []
