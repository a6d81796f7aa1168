from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctscribe.report.wording import figure, listed, place, printed, sentence


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (7.26, "mm", "7.3 mm"),
        (9.94, "mm", "9.9 mm"),
        (9.96, "mm", "10 mm"),
        (31.4, "mm", "31 mm"),
        (0.237, "mL", "0.24 mL"),
        (0.996, "mL", "1.0 mL"),
        (7.04, "mL", "7.0 mL"),
        (9.97, "mL", "10 mL"),
        (999.6, "mL", "1,000 mL"),
        (4912.2, "mL", "4,910 mL"),
        (-12.4, "[hnsf'U]", "−12 HU"),
        (-0.3, "[hnsf'U]", "0 HU"),
        (0.04, "%", "0.0 %"),
        (12.4, "%", "12 %"),
        (0.549, "1", "0.55"),
    ],
)
def test_figures(value: float, unit: str, words: str) -> None:
    assert figure(value, unit) == words


@given(st.floats(0, 1e4), st.sampled_from(["mm", "mL", "%", "1", "[hnsf'U]"]))
def test_words_and_the_judged_figure_agree(value: float, unit: str) -> None:
    said = float(figure(value, unit).split()[0].replace(",", "").replace("−", "-"))
    assert said == pytest.approx(printed(value, unit))
    assert abs(said - value) <= max(0.05 * value, 0.5) if value < 1000 else abs(said - value) <= 5


def test_places() -> None:
    assert place("lung_lower_lobe_left") == "left lower lobe"
    assert place("lung_lower_lobe_left", approximate=True) == "left lung, probably lower lobe"
    assert place("kidney_right", approximate=True) == "right kidney"
    assert place("lung") == "lung"


def test_lists_and_sentences() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert sentence("no cyst") == "No cyst." == sentence("No cyst.")
