"""Sentences end where a reader would end them."""

from __future__ import annotations

import pytest

from ctscribe.model.sentences import sentence_spans


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("A nodule of 5.2 mm is seen. No effusion.", ["A nodule of 5.2 mm is seen.", "No effusion."]),
        (
            "Densities, e.g. atelectasis, are seen. Heart normal",
            ["Densities, e.g. atelectasis, are seen.", "Heart normal"],
        ),
        ("It measures approx. 4 mm (max. diameter).", ["It measures approx. 4 mm (max. diameter)."]),
        ("The lungs are clear. the heart is normal.", ["The lungs are clear.", "the heart is normal."]),
        ("Nodule in segment 5. Heart normal.", ["Nodule in segment 5.", "Heart normal."]),
        ("1. Nodule.\n2. Effusion.", ["1. Nodule.", "2. Effusion."]),
        ("First line\n\nsecond line", ["First line", "second line"]),
        ("Is it clear? Yes! (Mostly.) Good.", ["Is it clear?", "Yes!", "(Mostly.)", "Good."]),
        ("The left max. Effusion", ["The left max. Effusion"]),
        ("The climax. Effusion", ["The climax.", "Effusion"]),
        ("   \n ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, sentences):
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences
