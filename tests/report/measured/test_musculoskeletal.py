from __future__ import annotations

import pytest
from report_cases import biomarker, make_case

from ctscribe.ct.volume import ScanMeta
from ctscribe.report.facts import Facts
from ctscribe.report.measured.musculoskeletal import musculoskeletal


@pytest.mark.parametrize(
    ("value", "polarity"), [(110, "present"), (110.6, "uncertain"), (170, "uncertain"), (171, "normal")]
)
def test_bone_density(value: float, polarity: str) -> None:
    case = make_case(biomarkers=[biomarker("vertebral_attenuation_T12", value)])
    (statement,) = musculoskeletal(Facts(case)).statements
    assert statement.finding.polarity == polarity and " T12 " in statement.finding.text


def test_l1_goes_before_t12_and_t7_is_not_judged() -> None:
    both = [biomarker("vertebral_attenuation_T12", 90), biomarker("vertebral_attenuation_L1", 200)]
    (statement,) = musculoskeletal(Facts(make_case(biomarkers=both))).statements
    assert statement.finding.text == "No sign of osteoporosis by density: trabecular attenuation of L1 200 HU."
    assert (
        "bone density" in musculoskeletal(Facts(make_case(biomarkers=[biomarker("vertebral_attenuation_T7", 90)]))).gaps
    )


def test_another_tube_voltage_supports_no_claim() -> None:
    case = make_case(biomarkers=[biomarker("vertebral_attenuation_L1", 90)], meta=ScanMeta(kvp=80))
    (statement,) = musculoskeletal(Facts(case)).statements
    assert statement.finding.polarity == "uncertain" and "about 90 HU" in statement.finding.text
