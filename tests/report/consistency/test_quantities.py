from __future__ import annotations

import pytest

from ctscribe.report.consistency.quantities import quantities


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("a 31 mm mass", (31,), "mm"),
        ("a 2.5-cm nodule", (25,), "mm"),
        ("a 12 × 8 mm nodule", (12, 8), "mm"),
        ("measuring 1.2 x 0.8 cm", (12, 8), "mm"),
        ("10–12 mm nodules", (10, 12), "mm"),
        ("10-12 mm nodules", (10, 12), "mm"),
        ("1,250 mL of fluid", (1250,), "mL"),
        ("1.2 L of fluid", (1200,), "mL"),
        ("attenuation −12 HU", (-12,), "[hnsf'U]"),
        ("attenuation -12 HU", (-12,), "[hnsf'U]"),
        ("12 % of the lung", (12,), "%"),
        ("the cardiothoracic ratio is 0.52", (0.52,), "1"),
    ],
)
def test_figures(text: str, values: tuple[float, ...], unit: str) -> None:
    (one,) = quantities(text)
    assert one.values == pytest.approx(values) and one.unit == unit and one.bound is None


@pytest.mark.parametrize("text", ["slice 72 of 133", "T12", "2 nodules", "stage 3 disease", "in 2019"])
def test_numbers_without_a_unit_are_not_figures(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("larger than 6 mm", "over"),
        ("of 6 mm or more", "over"),
        ("≥ 6 mm", "over"),
        ("below −950 HU", "under"),
        ("less than 6 mm", "under"),
        ("6 mm or less", "under"),
    ],
)
def test_limits(text: str, bound: str) -> None:
    (one,) = quantities(text)
    assert one.bound == bound


@pytest.mark.parametrize(
    ("text", "value", "agrees"),
    [
        ("12 mm", 12.4, True),
        ("12 mm", 14.0, False),
        ("3 cm", 31.0, True),
        ("3.0 cm", 33.0, False),
        ("12 × 8 mm", 12.0, True),
        ("12 × 8 mm", 8.0, False),
        ("10–12 mm", 11.0, True),
        ("10–12 mm", 15.0, False),
        ("−12 HU", 12.0, False),
    ],
)
def test_agreement_within_rounding_and_tolerance(text: str, value: float, agrees: bool) -> None:
    assert quantities(text)[0].agrees(value) is agrees
