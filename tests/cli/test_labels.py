"""``ctscribe labels``: the table, the JSON, and with which code it ends."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from ctscribe.cli.labels import labels
from ctscribe.cli.main import app, main
from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.labels import label_report

REPORTS = {
    "a": "Small pleural effusion. The heart is not enlarged.",
    "b": "No effusion.\nPossible emphysema, 'quoted', \"twice\".",
    "c": "",
}


@pytest.fixture(scope="module", autouse=True)
def mounted() -> None:
    """The verb, wherever the command line has it."""
    if not any(verb.callback and verb.callback.__name__ == "labels" for verb in app.registered_commands):
        app.command()(labels)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows(REPORTS.items())
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["labels", *map(str, words)])
    printed = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, printed.out, printed.err


def test_a_row_a_report(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    code, out, err = run(capsys, table, "--column", "text")
    assert code == 0
    header, *rows = csv.reader(io.StringIO(out))
    assert header == ["id", *CT_RATE_LABELS]
    assert {row[0]: tuple(map(int, row[1:])) for row in rows} == {
        name: label_report(text).vector() for name, text in REPORTS.items()
    }
    assert err.strip() == "1 of 3 reports are empty; they mention no label"


def test_json_names_polarities_and_evidence(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    code, out, _ = run(capsys, table, "--column", "text", "--json", "--evidence", "--uncertain", 0)
    assert code == 0
    said = json.loads(out)
    assert (said["table"], said["labels"], said["uncertain"]) == ("ct_rate", list(CT_RATE_LABELS), 0)
    first, second, third = said["reports"]
    assert first["polarities"] == {"Cardiomegaly": "absent", "Pleural effusion": "present"}
    assert third == {"id": "c", "labels": [0] * 18, "polarities": {}, "evidence": []}
    assert second["labels"] == [0] * 18 and second["polarities"]["Emphysema"] == "uncertain"
    for report in said["reports"]:
        for one in report["evidence"]:
            assert REPORTS[report["id"]][one["start"] : one["end"]] == one["words"]


def test_a_file_is_written_and_inspect_has_its_own_columns(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    target = tmp_path / "labels.csv"
    code, out, _ = run(capsys, table, "--column", "text", "--table", "inspect", "-o", target)
    assert (code, out.strip()) == (0, str(target))
    header, *rows = csv.reader(target.read_text(encoding="utf-8").splitlines())
    assert (len(header), len(rows)) == (22, 3)
    assert rows[2][-1] == "1"


def test_json_lines_are_read_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"id": "x", "prediction": "Bronchiectasis."}\n', encoding="utf-8")
    code, out, _ = run(capsys, path, "--column", "prediction", "--json")
    assert code == 0 and json.loads(out)["reports"][0]["polarities"] == {"Bronchiectasis": "present"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--column", "nothing"), "nothing"),
        (("--column", "text", "--evidence"), "--evidence has no place in a table"),
        (("--column", "text", "--table", "chexpert"), "chexpert"),
        (("--column", "text", "-o", "reports.csv"), "the output would replace the input"),
    ],
)
def test_bad_usage_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    table: Path,
    words: tuple[str, ...],
    problem: str,
) -> None:
    monkeypatch.chdir(table.parent)
    before = table.read_bytes()
    code, out, err = run(capsys, table, *words)
    assert (code, out) == (2, "")
    assert problem in err.splitlines()[0] and len(err.splitlines()) <= 2
    assert table.read_bytes() == before


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, tmp_path / "none.csv", "--column", "text")
    assert (code, out) == (2, "") and "none.csv" in err
