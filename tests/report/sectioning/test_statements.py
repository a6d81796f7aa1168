"""Which findings a sentence affirms and which it denies."""

from __future__ import annotations

import pytest

from ctscribe.report.sectioning.statements import statements


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("There is a nodule.", {("nodule", True)}),
        ("No nodule or consolidation.", {("nodule", False), ("consolidation", False)}),
        ("Pleural effusion was not observed.", {("pleural effusion", False)}),
        ("Pneumothorax is absent.", {("pneumothorax", False)}),
        ("No effusion, but emphysema is present.", {("effusion", False), ("emphysema", True)}),
        ("No other nodule.", set()),
        ("Lungs without bronchiectasis.", {("bronchiectasis", False)}),
        ("The heart is normal.", set()),
    ],
)
def test_findings_are_affirmed_or_denied(text: str, said: set[tuple[str, bool]]) -> None:
    assert {(one.entity, one.exists) for one in statements(text)} == said
