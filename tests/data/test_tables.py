"""Tables as text, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ctscribe.data.tables import only_file, read_table, said
from ctscribe.errors import BadInput


def test_cells_are_text_and_rows_know_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffID,Text\n007,NA\n008,\n", encoding="utf-8")
    frame = read_table(tmp_path / "a.csv", ["id", "Text"])
    assert frame["id"].tolist() == ["007", "008"]
    assert frame["Text"].tolist() == ["NA", ""]
    assert list(frame.index) == [2, 3]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx"])
def test_every_format_reads_alike(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": ["1", "2"], "text": ["a, b", ""]})
    file = tmp_path / f"a.{suffix}"
    if suffix == "xlsx":
        frame.to_excel(file, index=False)
    else:
        frame.to_csv(file, index=False, sep="\t" if suffix == "tsv" else ",")
    assert read_table(file, ["id", "text"]).to_dict("list") == frame.to_dict("list")


def test_ways_of_saying_nothing() -> None:
    assert said(pd.Series([" Not given. ", "nan", "", "Given."])).tolist() == ["", "", "", "Given."]


@pytest.mark.parametrize("content", [b"", b"id,text\n\xff\xfe,1\n", b'id,text\n"a,1\n'])
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.csv cannot be read as a table") as caught:
        read_table(tmp_path / "a.csv")
    assert caught.value.code == "unreadable-table"


def test_the_latest_of_dated_files(tmp_path: Path) -> None:
    for date in ("20240101", "20250611"):
        (tmp_path / f"splits_{date}.tsv").touch()
    assert only_file(tmp_path, "splits_*.tsv").name == "splits_20250611.tsv"
    with pytest.raises(BadInput, match=r"there is no labels_\*\.tsv"):
        only_file(tmp_path, "labels_*.tsv")
