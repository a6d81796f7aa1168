"""Cardiothoracic ratios."""

from __future__ import annotations

import pytest

from ctscribe.report.labels import label_report


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("The cardiothoracic ratio is 0.56.", "present"),
        ("The cardiothoracic ratio is 0.48.", "absent"),
        ("Cardiothoracic index 58%.", "present"),
        ("CTR: 0,45", "absent"),
        ("The cardiothoracic ratio is above 50 %.", "present"),
        ("The cardiothoracic ratio exceeds 0.5.", "present"),
        ("The cardiothoracic ratio is 0.50.", "absent"),
    ],
)
def test_above_one_half_is_enlarged(text: str, polarity: str) -> None:
    assert label_report(text)["Cardiomegaly"].polarity == polarity
