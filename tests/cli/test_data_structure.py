"""``ctscribe data structure`` from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from language_server import LanguageServer, serving
from typer.testing import CliRunner, Result

from ctscribe.cli.data_structure import structure
from ctscribe.data.index import read_index, write_index
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput

app = typer.Typer()
app.command()(structure)
REPORT = "There is a 7 mm nodule in the RUL. No pleural or pericardial effusion. No new nodule."
SECTIONS = {
    "lung": "There is a 7 mm nodule in the right upper lobe. No pleural effusion.",
    "heart": "No pericardial effusion.",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(f'VolumeName,Findings_EN\nv1,"{REPORT}"\nv2,The spleen is normal.\n', encoding="utf-8")
    return path


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with serving() as running:
        yield running


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_table_becomes_json_lines(table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "sections.jsonl"
    done = run(table, "-o", output, "--column", "findings_en", "--id", "VolumeName", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said["reports"] == 2
    assert said["dropped"] == {"comparison": 1}
    assert "usage" not in said
    assert [(row["id"], row["sections"]) for row in rows(output)] == [
        ("v1", SECTIONS),
        ("v2", {"abdomen": "The spleen is normal."}),
    ]


def test_text_says_what_was_done(table: Path, tmp_path: Path) -> None:
    done = run(table, "-o", tmp_path / "out.jsonl", "--column", "Findings_EN", "--questions")
    assert "2 reports (2 by rules)" in done.stdout
    assert "1 comparison" in done.stdout
    assert rows(tmp_path / "out.jsonl")[0]["questions"]


def test_an_index_gets_its_sections(tmp_path: Path) -> None:
    records = [
        CaseRecord("a", "p1", "train", "a.nii.gz", findings=REPORT),
        CaseRecord("b", "p2", "test", "b.nii.gz", findings=REPORT, sections={"lung": "As written."}),
        CaseRecord("c", "p3", "test", "c.nii.gz"),
    ]
    write_index(records, tmp_path / "index.parquet", source="folder", root=tmp_path, options={"recon": "first"})
    done = run(tmp_path / "index.parquet", "-o", tmp_path / "new.parquet", "--questions")
    assert done.exit_code == 0, done.output
    index = read_index(tmp_path / "new.parquet")
    first, second, third = index.records
    assert first.sections == SECTIONS
    assert first.questions
    assert second.sections == {"lung": "As written."}
    assert not third.sections
    assert index.options == {"recon": "first", "structuring": "rules"}
    assert index.root == tmp_path.resolve()


@pytest.mark.filterwarnings("ignore")
def test_a_language_model_says_what_it_cost(
    table: Path, tmp_path: Path, server: LanguageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTSCRIBE_TEST_KEY", "k")
    arguments = [table, "-o", tmp_path / "out.jsonl", "--column", "Findings_EN", "--id", "VolumeName", "--engine", "lm"]
    arguments += ["--endpoint", server.url, "--model", "m", "--key-from", "CTSCRIBE_TEST_KEY", "--price", "10,50"]
    said = json.loads(run(*arguments, "--json").stdout)
    assert said["engines"] == {"lm": 2}
    assert said["usage"] == {"calls": 6, "prompt_tokens": 600, "completion_tokens": 120, "cost": 0.012}
    assert rows(tmp_path / "out.jsonl")[0]["sections"] == SECTIONS
    assert "by an earlier run" in run(*arguments).stdout
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (["--engine", "lm"], "no-endpoint"),
        (["--price", "cheap"], "bad-price"),
        (["--column", "report"], "missing-column"),
    ],
)
def test_what_is_missing_is_named(table: Path, tmp_path: Path, extra: list[str], code: str) -> None:
    done = run(table, "-o", tmp_path / "out.jsonl", "--column", "Findings_EN", *extra)
    assert isinstance(done.exception, BadInput)
    assert done.exception.code == code
    assert not list(tmp_path.glob("out*"))


def test_the_input_is_not_replaced(table: Path) -> None:
    done = run(table, "-o", table, "--column", "Findings_EN")
    assert isinstance(done.exception, BadInput)
    assert done.exception.code == "output-is-input"
