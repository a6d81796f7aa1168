import pytest

from ctscribe.data.phantom.wording.measured import printed


@pytest.mark.parametrize(
    ("measure", "value", "other_form", "words", "stands_for"),
    [
        ("diameter_mm", 8.44, False, "8 mm", 8.0),
        ("diameter_mm", 8.44, True, "8.4 mm", 8.4),
        ("diameter_mm", 14.26, False, "14 mm", 14.0),
        ("diameter_mm", 14.26, True, "1.4 cm", 14.0),
        ("short_axis_mm", 20.6, True, "2.1 cm", 21.0),
        ("cardiothoracic_ratio", 0.5849, True, "0.58", 0.58),
        ("liver_hu", -3.4, True, "-3 HU", -3.0),
        ("height_loss_percent", 39.6, False, "40%", 40.0),
    ],
)
def test_measurements_in_words(measure: str, value: float, other_form: bool, words: str, stands_for: float):
    assert printed(measure, value, other_form) == (words, pytest.approx(stands_for))
