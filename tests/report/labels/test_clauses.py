"""Where a sentence parts into clauses."""

from __future__ import annotations

import pytest

from ctscribe.report.labels.clauses import clauses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("an effusion, a nodule and a mass were not seen", 1),
        ("there is an effusion and a nodule was not seen", 2),
        ("an effusion was seen, a nodule, a mass and a cyst were not seen", 2),
        ("the heart is enlarged but the lungs are clear; no effusion", 3),
        ("nodes that are not enlarged are seen", 1),
        ("ventilation is normal and no mass or infiltrate was detected", 2),
        ("consolidation could be seen and may have been there", 2),
        ("mosaic attenuation (small airways are narrow; it is known) is seen", 1),
    ],
)
def test_one_finite_verb_a_clause(text: str, parts: int) -> None:
    found = clauses(text)
    assert len(found) == parts, [text[start:end] for start, end in found]


def test_a_list_goes_with_the_verb_behind_it() -> None:
    text = "an effusion was seen, a nodule, a mass and a cyst were not seen"
    assert [text[start:end] for start, end in clauses(text)][1] == ", a nodule, a mass and a cyst were not seen"
