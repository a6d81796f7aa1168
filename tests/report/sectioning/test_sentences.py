"""Where sentences begin and end, and what they stand under."""

from __future__ import annotations

import pytest

from ctscribe.report.sectioning import split_sentences


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is 1.5 cm. It is round.", ["It is 1.5 cm.", "It is round."]),
        ("Fracture of T7. No other.", ["Fracture of T7.", "No other."]),
        ("Seen by Dr. A. Meier. Normal.", ["Seen by Dr. A. Meier.", "Normal."]),
        ("Opacities, e.g. at the base, are seen.", ["Opacities, e.g. at the base, are seen."]),
        ("Clear lungs.No effusion.A cyst.", ["Clear lungs.", "No effusion.", "A cyst."]),
        ("CT of 12.03.2021. Normal.", ["CT of 12.03.2021.", "Normal."]),
        ("One line\ngoes on here.\nAnother one", ["One line goes on here.", "Another one"]),
        ("First finding\nSecond finding", ["First finding", "Second finding"]),
        ("- one\n* two\n• three\n1. four\n2) five\n(c) six", ["one", "two", "three", "four", "five", "six"]),
        ("1. Nodule. 2. Mass.", ["Nodule.", "Mass."]),
        ("Measures approx. 3 cm! Is it solid? Yes.", ["Measures approx. 3 cm!", "Is it solid?", "Yes."]),
        ("(No effusion.) Normal.", ["(No effusion.)", "Normal."]),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert texts(text) == sentences


def test_headings_hold_up_to_the_next() -> None:
    found = split_sentences("Lungs and pleura: Clear. No effusion. HEART\nNormal.\n**Upper abdomen:** Cyst.")
    assert [(one.heading.region if one.heading else None, one.text) for one in found] == [
        ("lung", "Clear."),
        ("lung", "No effusion."),
        ("heart", "Normal."),
        ("abdomen", "Cyst."),
    ]


def test_a_sentence_with_a_colon_is_no_heading() -> None:
    assert texts("Nodules: two, the largest 5 mm.") == ["Nodules: two, the largest 5 mm."]


def test_a_heading_that_is_not_the_scans_holds_for_one_sentence_where_no_findings_are_announced() -> None:
    loose = split_sentences("Indication: cough. The lungs are clear. Heart: normal.")
    assert [one.heading.part if one.heading else None for one in loose] == ["history", None, "findings"]
    announced = split_sentences("History: cough. Fever. Findings: clear lungs.")
    assert [one.heading.part if one.heading else None for one in announced] == ["history", "history", "findings"]


def test_every_span_is_the_sentence() -> None:
    text = "  A nodule\nin the lung. - B.\n\nLungs: C. "
    for one in split_sentences(text):
        assert " ".join(text[slice(*one.span)].split()) == one.text
