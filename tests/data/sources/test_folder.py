"""Your own cases: a table with the columns you name."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.sources.folder import Folder
from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS


def test_columns_by_their_default_names(tmp_path: Path) -> None:
    first, second = Folder().read(trees.folder(tmp_path)).records
    assert (first.id, first.patient, first.split, first.volume) == ("a", "p", "train", "a.nii.gz")
    assert (first.findings, first.masks, first.extra) == (trees.REPORTS[0], None, {"site": "north"})
    assert (second.findings, second.extra, second.split) == (None, {}, "test")


def test_a_bare_list_of_volumes_is_enough(tmp_path: Path) -> None:
    trees.write_rows(tmp_path / "mine.csv", [{"scan": f"s/{at}.nii.gz", "text": "Clear."} for at in range(20)])
    records = Folder(table="mine.csv", volume="scan", findings="text").read(tmp_path).records
    assert [record.id for record in records] == [str(at) for at in range(20)]
    splits = [record.split for record in records]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [14, 2, 4]
    assert records[0].findings == "Clear."


def test_the_18_labels(tmp_path: Path) -> None:
    rows = [{"volume": f"{at}.nii.gz"} | dict.fromkeys(reversed(CT_RATE_LABELS), at) for at in (0, 1)]
    rows[1]["Cardiomegaly"] = ""
    trees.write_rows(tmp_path / "cases.csv", rows)
    records = Folder(labels="ct-rate").read(tmp_path).records
    assert [record.labels for record in records] == [(0,) * 18, None]


def test_what_cannot_be_is_named_with_its_row(tmp_path: Path) -> None:
    file = trees.write_rows(
        tmp_path / "cases.csv", [{"volume": "a", "split": "train"}, {"volume": "b", "split": "tset"}]
    )
    with pytest.raises(BadInput, match=r"cases\.csv, row 3: there is no split 'tset'") as caught:
        Folder().read(tmp_path)
    assert caught.value.hint == "did you mean 'test'?"
    trees.write_rows(file, [{"volume": ""}])
    with pytest.raises(BadInput, match="row 2 names no volume"):
        Folder().read(tmp_path)
    with pytest.raises(BadInput, match="has no column 'report'"):
        Folder(findings="report").read(tmp_path)
