"""Lymph nodes by their size."""

from __future__ import annotations

import pytest

from ctscribe.report.labels.labelling import Polarity
from ctscribe.report.labels.nodes import nodes_polarity, short_axis_mm


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("a node of 12 mm", 12.0), ("nodes up to 1.5 cm", 15.0), ("a node of 22 x 9 mm", 9.0), ("18x11 mm", 11.0),
        ("6 mm and 13 mm nodes", 13.0), ("a node of 1,2 cm", 12.0), ("nodes", None), ("long axis 14 mm", None),
    ],
)  # fmt: skip
def test_the_shorter_side_of_the_largest(text: str, axis: float | None) -> None:
    assert short_axis_mm(text) == axis


@pytest.mark.parametrize("axis", range(4, 20))
def test_ten_millimetres_are_enlarged(axis: int) -> None:
    expected = Polarity.present if axis >= 10 else Polarity.absent
    assert nodes_polarity(f"lymph nodes with a short axis of {axis} mm are seen") is expected


def test_words_on_size() -> None:
    assert nodes_polarity("conglomerate lymph nodes") is Polarity.present
    assert nodes_polarity("lymph nodes that do not reach pathological size") is Polarity.absent
    assert nodes_polarity("lymph nodes are seen") is Polarity.uncertain
    assert nodes_polarity("calcified lymph nodes") is None
