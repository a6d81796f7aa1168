"""Reports from tables of every kind, and what is wrong with one named."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from ctscribe.data.structuring.texts import ReportText, index_at, read_texts
from ctscribe.errors import BadInput

WANTED = [ReportText("a", "Clear lungs."), ReportText("b", "")]


def written(folder: Path, kind: str) -> Path:
    frame, path = pd.DataFrame({"id": ["a", "b"], "findings": ["Clear lungs.", ""]}), folder / f"reports.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif kind == "xlsx":
        frame.to_excel(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dict("records")), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "parquet", "jsonl"])
def test_every_kind_of_table_gives_the_same(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    assert read_texts(path, "findings", None) == WANTED
    assert index_at(path) is None


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_missing_column_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BadInput, match="report") as caught:
        read_texts(written(tmp_path, kind), "report", None)
    assert caught.value.code == "missing-column"
    assert "findings" in str(caught.value.hint)


def test_rows_without_an_id_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("report\nA\nB\n")
    assert [one.id for one in read_texts(tmp_path / "t.csv", "report", None)] == ["1", "2"]


def test_another_column_names_the_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("VolumeName,Findings_EN\nv1,Clear.\n")
    assert read_texts(tmp_path / "t.csv", "Findings_EN", "VolumeName") == [ReportText("v1", "Clear.")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", "id,findings\na,x\na,y\n", "duplicate-id"),
        ("t.jsonl", '{"findings": "x"}\n{"findings"', "unreadable-table"),
        ("t.jsonl", "[1]\n", "unreadable-table"),
        ("t.parquet", "no parquet", "unreadable-table"),
        ("t.csv", "", "unreadable-table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, content: str, code: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput) as caught:
        read_texts(tmp_path / name, "findings", None)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_texts(tmp_path / name, "findings", None)
    assert caught.value.code == "file-missing"
