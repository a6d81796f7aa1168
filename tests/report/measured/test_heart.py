from __future__ import annotations

import pytest
from report_cases import biomarker, lesion, make_case

from ctscribe.case import Case
from ctscribe.report.facts import Facts
from ctscribe.report.measured.heart import heart
from ctscribe.report.measured.statement import Importance, Statement


def only(case: Case) -> Statement:
    (statement,) = heart(Facts(case)).statements
    return statement


def measured_only(name: str, value: float, **keys: bool) -> Statement:
    return only(make_case(biomarkers=[biomarker(name, value, **keys)], looked_for=[]))


@pytest.mark.parametrize(
    ("ratio", "text", "polarity"),
    [
        (0.474, "Heart size is normal (cardiothoracic ratio 0.47).", "normal"),
        (0.476, "Heart size is borderline (cardiothoracic ratio about 0.48).", "uncertain"),
        (0.544, "Heart size is borderline (cardiothoracic ratio about 0.54).", "uncertain"),
        (0.546, "The heart is enlarged (cardiothoracic ratio 0.55).", "present"),
    ],
)
def test_heart_size(ratio: float, text: str, polarity: str) -> None:
    statement = measured_only("cardiothoracic_ratio", ratio)
    assert (statement.finding.text, statement.finding.polarity) == (text, polarity)
    assert statement.finding.labels == ("Cardiomegaly",)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.40, "Heart size cannot be judged firmly (cardiothoracic ratio about 0.40)."),
        (0.60, "The heart is possibly enlarged (cardiothoracic ratio about 0.60)."),
    ],
)
def test_an_approximate_outline_supports_no_claim(ratio: float, text: str) -> None:
    finding = measured_only("cardiothoracic_ratio", ratio, approximate=True).finding
    assert (finding.text, finding.polarity) == (text, "uncertain")


@pytest.mark.parametrize(
    ("name", "value", "text", "importance"),
    [
        ("ascending_aorta_diameter", 37.4, "Ascending aorta not dilated, 37 mm.", Importance.NONE),
        ("ascending_aorta_diameter", 38.2, "Ascending aorta about 38 mm, borderline.", Importance.NONE),
        ("ascending_aorta_diameter", 39.6, "Ascending aorta dilated, 40 mm.", Importance.RELEVANT),
        ("ascending_aorta_diameter", 49.6, "Ascending aorta of aneurysmal width, 50 mm.", Importance.MAJOR),
        ("descending_aorta_diameter", 30.0, "Descending aorta dilated, 30 mm.", Importance.RELEVANT),
        ("descending_aorta_diameter", 40.0, "Descending aorta of aneurysmal width, 40 mm.", Importance.MAJOR),
        ("pulmonary_trunk_diameter", 26.0, "Pulmonary trunk not dilated, 26 mm.", Importance.NONE),
        ("pulmonary_trunk_diameter", 60.0, "Pulmonary trunk dilated, 60 mm.", Importance.RELEVANT),
    ],
)
def test_vessels(name: str, value: float, text: str, importance: Importance) -> None:
    statement = measured_only(name, value)
    assert (statement.finding.text, statement.importance) == (text, importance)


@pytest.mark.parametrize(
    ("volume", "approximate", "text", "polarity"),
    [
        (0.0, False, "No coronary artery calcification was measured.", "absent"),
        (0.01, False, "Possible coronary artery calcification (about 0.01 mL).", "uncertain"),
        (0.02, False, "Coronary artery calcification (0.02 mL).", "present"),
        (0.5, True, "Possible coronary artery calcification (about 0.50 mL).", "uncertain"),
    ],
)
def test_calcification(volume: float, approximate: bool, text: str, polarity: str) -> None:
    finding = measured_only("coronary_calcification_volume", volume, approximate=approximate).finding
    assert (finding.text, finding.polarity) == (text, polarity)
    assert finding.labels == ("Coronary artery wall calcification",)


def test_no_calcium_inside_an_approximate_outline_is_not_an_absence() -> None:
    case = make_case(biomarkers=[biomarker("aortic_calcification_volume", 0.0, approximate=True)], looked_for=[])
    draft = heart(Facts(case))
    assert draft.statements == [] and "calcification of the aortic wall (the outline is only approximate)" in draft.gaps


@pytest.mark.parametrize(("volume", "polarity"), [(50.0, "uncertain"), (51.0, "present")])
def test_pericardial_fluid(volume: float, polarity: str) -> None:
    statement = only(make_case([lesion("pericardial_effusion", "pericardium", 90, volume)], looked_for=[]))
    assert statement.finding.polarity == polarity
    assert statement.finding.text.startswith("Pericardial effusion") == (polarity == "present")


def test_no_pericardial_effusion_only_where_it_was_looked_for() -> None:
    assert only(make_case()).finding.text == "No pericardial effusion of 30 mL or more was detected."
    assert "pericardial effusion" in heart(Facts(make_case(looked_for=[]))).gaps
