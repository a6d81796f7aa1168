from __future__ import annotations

from report_cases import biomarker, lesion, make_case

from ctscribe.report.measured import MeasuredReporter


def test_the_most_important_first_and_claims_before_possibilities() -> None:
    case = make_case(
        [lesion("kidney_cyst", "kidney_left", 20, 4), lesion(confidence=0.2, diameter_mm=40), lesion("consolidation")],
        [biomarker("cardiothoracic_ratio", 0.6), biomarker("ascending_aorta_diameter", 55)],
    )
    starts = [finding.text.split(" ")[0] for finding in MeasuredReporter()(case).impression]
    assert starts == ["Consolidation", "Ascending", "The", "Cyst", "Possible"]


def test_nothing_abnormal_rests_on_what_was_assessed() -> None:
    case = make_case(biomarkers=[biomarker("cardiothoracic_ratio", 0.4)])
    (finding,) = MeasuredReporter()(case).impression
    assert finding.text == (
        "Nothing clearly abnormal among what was measured; much was not assessed, as each section says."
    )
    assert finding.polarity == "normal"
    assert "cardiothoracic_ratio" in {figure.name for item in finding.evidence for figure in item.measurements}


def test_nothing_measured_nothing_said() -> None:
    (finding,) = MeasuredReporter()(make_case(looked_for=[])).impression
    assert finding.polarity == "not_assessed"


def test_every_line_has_the_evidence_of_a_sentence() -> None:
    case = make_case([lesion(diameter_mm=8 + k) for k in range(7)])
    report = MeasuredReporter()(case)
    (line,) = report.impression
    assert line.evidence == report.section("lung").findings[0].evidence
