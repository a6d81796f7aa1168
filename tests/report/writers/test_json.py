from __future__ import annotations

import json

from report_cases import lesion, make_case, random_case

from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Report
from ctscribe.report.writers.json import write_json


def test_reads_back_as_the_same_report_but_for_rounding() -> None:
    report = MeasuredReporter()(random_case(5))
    again = Report.model_validate_json(write_json(report))
    assert [section.text for section in again.sections] == [section.text for section in report.sections]
    assert write_json(again) == write_json(report)


def test_floating_point_noise_does_not_show() -> None:
    one, other = (make_case([lesion(diameter_mm=12.5 + e, volume_ml=0.9 + e)]) for e in (0.0, 1e-9))
    assert write_json(MeasuredReporter()(one)) == write_json(MeasuredReporter()(other))


def test_figures_are_rounded_by_their_unit() -> None:
    made = lesion(diameter_mm=12.34567, volume_ml=0.98765)
    page = json.loads(write_json(MeasuredReporter()(make_case([made]))))
    assert (page["lesions"][0]["diameter_mm"], page["lesions"][0]["volume_ml"]) == (12.3, 0.99)
    figures = page["sections"][0]["findings"][0]["evidence"][0]["measurements"]
    assert {figure["name"]: figure["value"] for figure in figures} == {
        "diameter": 12.3,
        "volume": 0.99,
        "mean_attenuation": 35.0,
    }


def test_no_negative_zero() -> None:
    case = make_case([lesion()])
    report = MeasuredReporter()(case)
    entry = report.lesions[0].model_copy(update={"mean_hu": -0.001})
    assert json.loads(write_json(report.model_copy(update={"lesions": (entry,)})))["lesions"][0]["mean_hu"] == 0
    assert "-0.0" not in write_json(report.model_copy(update={"lesions": (entry,)}))


def test_keys_stand_in_the_schema_order() -> None:
    page = json.loads(write_json(MeasuredReporter()(make_case())))
    assert list(page) == list(Report.model_fields)
