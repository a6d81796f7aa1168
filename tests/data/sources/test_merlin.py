"""Merlin: a spreadsheet of findings that may hold the impression too."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.sources.merlin import Merlin
from ctscribe.errors import BadInput


def test_rows_become_records(tmp_path: Path) -> None:
    records = Merlin().read(trees.merlin(tmp_path)).records
    assert [(record.id, record.split, record.volume) for record in records] == [
        ("AC1", "train", "merlin_data/AC1.nii"),
        ("AC2", "validation", "merlin_data/AC2.nii.gz"),
        ("AC3", "test", "merlin_data/AC3.nii.gz"),
    ]
    assert (records[0].findings, records[0].impression) == ("Liver smooth.", "Normal.")
    assert (records[1].findings, records[1].impression) == ("Renal cyst.", None)


def test_a_damaged_spreadsheet_is_named(tmp_path: Path) -> None:
    trees.merlin(tmp_path)
    (tmp_path / "reports_final.xlsx").write_bytes(b"PK no sheet")
    with pytest.raises(BadInput, match=r"reports_final\.xlsx cannot be read as a table"):
        Merlin().read(tmp_path)
