from __future__ import annotations

from report_cases import make_case

from ctscribe.case import Case
from ctscribe.ct.volume import ScanMeta
from ctscribe.report.measured import technique_of
from ctscribe.report.schema import Technique


def technique(case: Case) -> Technique:
    return technique_of(case.volume, case.labelmap)


def test_the_line() -> None:
    meta = ScanMeta(format="dicom", slice_thickness_mm=2.5, contrast=True, kernel="STANDARD", kvp=120.0)
    made = technique(make_case(meta=meta))
    assert made.text == (
        "Chest CT read from DICOM: 26 axial slices, 2.5 mm apart (2.5 mm thick), pixels 4.00 × 4.00 mm, with "
        "intravenous contrast, 120 kVp, kernel STANDARD. Segmentation: masks drawn by hand."
    )
    assert (made.slices, made.spacing_mm, made.size_mm) == (26, (2.5, 4.0, 4.0), (65.0, 40.0, 268.0))
    assert made.limits == made.repairs == ()


def test_repairs_and_limits_reach_the_line_once() -> None:
    meta = ScanMeta(repairs=("the gantry tilt was undone",), warnings=("noisy",))
    case = make_case(meta=meta, slice_mm=8, notes=("noisy", "levels were counted from T12."))
    made = technique(case)
    assert made.repairs == ("The gantry tilt was undone.",)
    assert made.limits[:2] == ("Noisy.", "Levels were counted from T12.")
    assert made.limits[2].startswith("Slices of 8.0 mm are thick")
    assert all(made.text.count(one) == 1 for one in (*made.repairs, *made.limits))


def test_a_poor_fit_and_approximate_outlines_are_limits() -> None:
    case = make_case(confidence={"lung_overlap": 0.7, "similarity": 0.9}, approximate=frozenset({"aorta", "heart"}))
    outlines, fit = technique(case).limits
    assert "2 structures are approximate" in outlines and "lung overlap 0.70, below 0.85" in fit
