"""Many reports into one file: stopped at any moment, it ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ctscribe.data.structuring import RulesStructurer, Structured, structure_reports
from ctscribe.data.structuring.texts import ReportText
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.report.sectioning import structure_text

TEXTS = [
    "There is a 7 mm nodule in the RUL. No pleural or pericardial effusion.",
    "",
    "The heart is enlarged. Compared with the CT of 12.03.2021, the liver cyst is unchanged.",
    "Reported by Dr. J. Smith.",
]
REPORTS = [ReportText(f"case-{index}", TEXTS[index % len(TEXTS)]) for index in range(30)]


class Stopping:
    """Structures by rules, and is stopped at its n-th report."""

    name = "rules"
    fingerprint = RulesStructurer.fingerprint

    def __init__(self, at: int) -> None:
        self._count: Iterator[int] = count()
        self._at = at

    def __call__(self, text: str) -> Structured:
        if next(self._count) == self._at:
            raise KeyboardInterrupt
        return RulesStructurer()(text)


class Slow:
    """Structures by rules; later reports are sooner done."""

    name = "rules"
    fingerprint = RulesStructurer.fingerprint

    def __init__(self) -> None:
        self._count = count()

    def __call__(self, text: str) -> Structured:
        time.sleep(0.002 * (next(self._count) % 3))
        return RulesStructurer()(text)


def undisturbed(folder: Path) -> bytes:
    structure_reports(REPORTS, RulesStructurer(), folder / "whole.jsonl", questions=True)
    return (folder / "whole.jsonl").read_bytes()


def test_a_line_holds_what_the_engine_said(tmp_path: Path) -> None:
    outcome = structure_reports(REPORTS, RulesStructurer(), tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [report.id for report in REPORTS]
    for row, report in zip(rows, REPORTS, strict=True):
        structured = structure_text(report.text)
        assert row["sections"] == structured.texts
        assert row["engine"] == "rules"
        assert [one["text"] for one in row["dropped"]] == [one.text for one in structured.dropped]
        for one in row["sentences"]:
            assert one["text"] in row["sections"][one["section"]]
    assert outcome.reports == 30
    assert outcome.resumed == 0
    assert outcome.dropped == {"identity": 7}


@pytest.mark.parametrize("at", [0, 1, 13, 29])
def test_a_stopped_run_goes_on(tmp_path: Path, at: int) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        structure_reports(REPORTS, Stopping(at), output, questions=True)
    assert not output.exists()
    outcome = structure_reports(REPORTS, RulesStructurer(), output, questions=True)
    assert outcome.resumed == at
    assert output.read_bytes() == undisturbed(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "whole.jsonl"]


def test_a_line_cut_short_is_written_again(tmp_path: Path) -> None:
    output, whole = tmp_path / "out.jsonl", undisturbed(tmp_path)
    for length in (1, 200, 1500, len(whole) - 1):
        with pytest.raises(KeyboardInterrupt):
            structure_reports(REPORTS, Stopping(0), output, questions=True)
        (part,) = tmp_path.glob(".*.part")
        part.write_bytes(whole[:length])
        structure_reports(REPORTS, RulesStructurer(), output, questions=True)
        assert output.read_bytes() == whole


def test_what_another_run_left_is_not_taken(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        structure_reports(REPORTS, Stopping(9), output)
    others = [ReportText(report.id, "The spleen is normal.") for report in REPORTS]
    assert structure_reports(others, RulesStructurer(), output).resumed == 0
    assert "spleen" in output.read_text(encoding="utf-8").splitlines()[0]
    assert not list(tmp_path.glob(".*.part"))


def test_many_at_once_keep_the_order(tmp_path: Path) -> None:
    structure_reports(REPORTS, Slow(), tmp_path / "out.jsonl", questions=True, at_once=4)
    assert (tmp_path / "out.jsonl").read_bytes() == undisturbed(tmp_path)


def test_many_at_once_stop_and_go_on(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        structure_reports(REPORTS, Stopping(20), output, questions=True, at_once=3)
    structure_reports(REPORTS, Slow(), output, questions=True, at_once=3)
    assert output.read_bytes() == undisturbed(tmp_path)


def test_a_killed_process_goes_on(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    code = f"""
import time
from pathlib import Path
from ctscribe.data.structuring import RulesStructurer, structure_reports
from ctscribe.data.structuring.texts import ReportText
texts = {TEXTS!r}
class Patient(RulesStructurer):
    def __call__(self, text):
        time.sleep(0.05)
        return super().__call__(text)
reports = [ReportText(f"case-{{index}}", texts[index % 4]) for index in range(30)]
structure_reports(reports, Patient(), Path({str(output)!r}), questions=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and sum(path.stat().st_size for path in tmp_path.glob(".*.part")) < 2000:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not output.exists()
    outcome = structure_reports(REPORTS, RulesStructurer(), output, questions=True)
    assert 0 < outcome.resumed < 30
    assert output.read_bytes() == undisturbed(tmp_path)


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CTScribeError) as caught:
        structure_reports(REPORTS, RulesStructurer(), tmp_path / "file" / "out.jsonl")
    assert caught.value.code == "output-is-a-file"
    with pytest.raises(BadInput) as refused:
        structure_reports(REPORTS, RulesStructurer(), tmp_path)
    assert refused.value.code == "output-is-a-folder"
