from __future__ import annotations

from pathlib import Path

import pytest

from ctscribe.anatomy.detectors import nodules, opacity, pericardial_effusion, pleural_effusion
from ctscribe.report.thresholds import (
    BANDS,
    NODULE_LIMIT_MM,
    RESOLVED_SLICES,
    SEARCHED_FROM_ML,
    Band,
    sharp_kernel,
    standard_voltage,
)

EDGES = [
    ("cardiothoracic_ratio", 0.47, "normal"),
    ("cardiothoracic_ratio", 0.48, "borderline"),
    ("cardiothoracic_ratio", 0.54, "borderline"),
    ("cardiothoracic_ratio", 0.55, "abnormal"),
    ("ascending_aorta_diameter", 37, "normal"),
    ("ascending_aorta_diameter", 38, "borderline"),
    ("ascending_aorta_diameter", 40, "abnormal"),
    ("descending_aorta_diameter", 27, "normal"),
    ("descending_aorta_diameter", 29, "borderline"),
    ("descending_aorta_diameter", 30, "abnormal"),
    ("pulmonary_trunk_diameter", 26, "normal"),
    ("pulmonary_trunk_diameter", 31, "borderline"),
    ("pulmonary_trunk_diameter", 32, "abnormal"),
    ("emphysema_index", 2.9, "normal"),
    ("emphysema_index", 3.0, "borderline"),
    ("emphysema_index", 5.0, "abnormal"),
    ("liver_attenuation", 54, "normal"),
    ("liver_attenuation", 53, "borderline"),
    ("liver_attenuation", 41, "borderline"),
    ("liver_attenuation", 40, "abnormal"),
    ("liver_minus_spleen", 5, "normal"),
    ("liver_minus_spleen", 4, "borderline"),
    ("liver_minus_spleen", -10, "abnormal"),
    ("vertebral_attenuation", 171, "normal"),
    ("vertebral_attenuation", 170, "borderline"),
    ("vertebral_attenuation", 111, "borderline"),
    ("vertebral_attenuation", 110, "abnormal"),
]


@pytest.mark.parametrize(("name", "value", "judgement"), EDGES)
def test_each_limit_at_its_edge(name: str, value: float, judgement: str) -> None:
    assert BANDS[name].judge(value) == judgement


@pytest.mark.parametrize("band", BANDS.values(), ids=BANDS)
def test_no_figure_within_the_error_of_its_limit_is_called_normal(band: Band) -> None:
    steps = [band.normal + band.error * k / 10 for k in range(-9, 10)]
    assert "normal" not in {band.judge(value) for value in steps}
    assert band.source


@pytest.mark.parametrize("kernel", ["LUNG", "BONEPLUS", "B70f", "Br64d", "FC51", "L", "YC"])
def test_sharp_kernels(kernel: str) -> None:
    assert sharp_kernel(kernel)


@pytest.mark.parametrize("kernel", [None, "", "STANDARD", "SOFT", "B30f", "Br40", "FC08", "B", "LIVER"])
def test_other_kernels(kernel: str | None) -> None:
    assert not sharp_kernel(kernel)


def test_tube_voltage() -> None:
    assert standard_voltage(None) and standard_voltage(120)
    assert not standard_voltage(100) and not standard_voltage(140)


def test_the_documented_limits_are_these() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    for name, band in BANDS.items():
        normal, abnormal = ("above", "at most") if band.low else ("below", "from")
        figures = f"{normal} {band.normal:g} | {abnormal} {band.abnormal:g} | {band.error:g}"
        assert f"| `{name}` | {figures} | {band.source} |" in page


def test_no_absence_is_said_below_what_the_detectors_look_for() -> None:
    assert SEARCHED_FROM_ML["consolidation"] >= opacity.SMALLEST_CONSOLIDATION_ML
    assert SEARCHED_FROM_ML["ground_glass"] >= opacity.SMALLEST_GROUND_GLASS_ML
    assert SEARCHED_FROM_ML["pleural_effusion"] >= pleural_effusion.SMALLEST_ML
    assert SEARCHED_FROM_ML["pericardial_effusion"] >= pericardial_effusion.SMALLEST_ML
    assert NODULE_LIMIT_MM >= nodules.SMALLEST_MM and RESOLVED_SLICES >= nodules.RESOLVED_SLICES
