"""``ctscribe data prepare``: what is printed, and how it ends when the data set is not as it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from data.sources import trees
from typer.testing import CliRunner

from ctscribe.cli.data_prepare import prepare
from ctscribe.data.index import read_index
from ctscribe.data.sources import SOURCES
from ctscribe.errors import BadInput

app = typer.Typer()
app.command("prepare")(prepare)
app.callback()(lambda: None)


def run(*words: object) -> str:
    result = CliRunner().invoke(app, ["prepare", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_index_is_written_and_told_of(tmp_path: Path) -> None:
    root = trees.ct_rate(tmp_path / "data")
    output = tmp_path / "index.parquet"
    assert run("ct-rate", root, "-o", output).splitlines() == [
        str(output),
        "7 cases of 4 patients: 4 train, 3 validation",
        "  Volumes left out because no_chest_train.txt lists them: 1.",
    ]
    assert len(read_index(output)) == 7


def test_json_is_one_object(tmp_path: Path) -> None:
    root = trees.ct_rate(tmp_path / "data")
    content = json.loads(run("ct-rate", root, "recon=first", "valid_as=test", "-o", tmp_path / "i.parquet", "--json"))
    assert content.keys() == {"file", "source", "options", "cases", "patients", "splits", "digest", "notes"}
    assert (content["cases"], content["splits"]) == (5, {"train": 3, "test": 2})
    assert content["options"] == {"recon": "first", "valid_as": "test"}


def test_the_options_reach_their_place(tmp_path: Path) -> None:
    root = trees.bimcv_r(tmp_path / "data")
    words = ("bimcv-r", root, "-o", tmp_path / "i.parquet")
    with pytest.raises(BadInput) as caught:
        run(*words)
    assert caught.value.code == "missing-files"
    assert json.loads(run(*words, "--allow-missing", "--duplicates", "drop", "--json"))["cases"] == 4
    with pytest.raises(BadInput, match="looked into"):
        run(*words, "--allow-missing", "--check-hu", 2)
    with pytest.raises(BadInput, match="'hilt' is not key=value"):
        run(*words, "hilt")


def test_the_help_names_every_source() -> None:
    text = " ".join(run("--help").split())
    assert all(name in text for name in SOURCES.names)
