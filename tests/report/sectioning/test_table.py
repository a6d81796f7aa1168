"""Hand-written sentences against the sections that a radiologist would file them under.

``sentences_unseen.yaml`` was written after the rules and measured before they were changed: 51 of its 60 entries were
right at once. By now the rules were mended for them too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ctscribe.report.sectioning import structure_text

CASES: list[Any] = []
for name in ("sentences", "sentences_unseen"):
    table = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
    CASES += [pytest.param(case, id=f"{kind}-{case['in'][:40]}") for kind, cases in table.items() for case in cases]


@pytest.mark.parametrize("case", CASES)
def test_every_sentence_comes_to_its_section(case: dict[str, Any]) -> None:
    structured = structure_text(case["in"])
    assert structured.texts in (case["out"], case.get("alternative"))
    assert [drop.reason for drop in structured.dropped] == case.get("drop", [])


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 150
