"""A sentence as it is read, and the way back to the sentence."""

from __future__ import annotations

import pytest

from ctscribe.report.labels.reading import read, under


@pytest.mark.parametrize(
    "sentence",
    [
        "Plain words only.",
        "GGO in RUL w/o LAP, s/p CABG",
        "w/ effusion",
        "İki taraflı effusion",
        "Calcified LAD plaque",
    ],
)
def test_words_that_are_not_written_out_map_to_themselves(sentence: str) -> None:
    reading = read(sentence)
    for word in {"plain", "words", "effusion", "plaque", "calcified"} & set(reading.text.split()):
        start, end = reading.span(reading.text.index(word), reading.text.index(word) + len(word))
        assert sentence[start:end].lower() == word


def test_what_is_written_out_maps_to_its_abbreviation() -> None:
    sentence = "GGO in RUL w/o LAP."
    reading = read(sentence)
    assert reading.text == "ground-glass opacity in right upper lobe without lymphadenopathy."
    for long, short in (("upper lobe", "RUL"), ("lymphadenopathy", "LAP"), ("without", "w/o")):
        start = reading.text.index(long)
        assert sentence[slice(*reading.span(start, start + len(long)))] == short


def test_a_heading_is_the_subject_of_a_fragment() -> None:
    sentence = "Mildly enlarged."
    reading = under(read(sentence), "Heart", len(sentence))
    assert reading.text == "heart mildly enlarged."
    assert reading.span(6, 12) == (0, 6)
    assert reading.span(0, 5) == (0, len(sentence))
