from collections.abc import Callable
from pathlib import Path

from ctscribe.errors import BadScan
from ctscribe.inference.batch import run_batch
from ctscribe.inference.run_record import RECORD_NAME, write_run_record


def scans_in(folder: Path, names: str) -> dict[str, Path]:
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"scan {name}")
    return {name: folder / name for name in names}


def working(done: list[str], settings: dict[str, object]):
    def work(scan: Path, output: Path, announce: Callable[[str], None]) -> None:
        announce("reading")
        if scan.name == "b":
            raise BadScan("b is bad", hint="mend it", code="bad")
        output.mkdir(parents=True, exist_ok=True)
        (output / "report.txt").write_text(f"report of {scan.name}")
        done.append(scan.name)
        write_run_record(output, scan, settings, {}, [output / "report.txt"])

    return work


def test_a_bad_scan_is_passed_over_and_a_finished_one_kept(tmp_path: Path) -> None:
    scans, done, settings = scans_in(tmp_path / "in", "abc"), [], {"formats": "text"}
    first = list(run_batch(scans, tmp_path / "out", settings, working(done, settings)))
    assert [(one.name, one.status) for one in first] == [("a", "done"), ("b", "failed"), ("c", "done")]
    assert (first[1].error, first[1].hint, first[1].code) == ("b is bad", "mend it", "bad")
    second = list(run_batch(scans, tmp_path / "out", settings, working(done, settings)))
    assert [one.status for one in second] == ["unchanged", "failed", "unchanged"]
    assert done == ["a", "c"]


def test_what_changed_is_done_again(tmp_path: Path) -> None:
    scans, done, settings = scans_in(tmp_path / "in", "acd"), [], {"formats": "text"}
    list(run_batch(scans, tmp_path / "out", settings, working(done, settings)))
    (tmp_path / "out" / "a" / "report.txt").write_text("tampered")
    scans["c"].write_text("another scan")
    (tmp_path / "out" / "d" / RECORD_NAME).write_text("{")
    done.clear()
    list(run_batch(scans, tmp_path / "out", settings, working(done, settings)))
    assert done == ["a", "c", "d"]
    done.clear()
    other: dict[str, object] = {"formats": "json"}
    list(run_batch(scans, tmp_path / "out", other, working(done, other)))
    assert done == ["a", "c", "d"]


def test_an_unforeseen_error_stops_one_scan_and_its_words_are_not_shown(tmp_path: Path) -> None:
    scans, said = scans_in(tmp_path / "in", "ab"), []

    def work(scan: Path, output: Path, announce: Callable[[str], None]) -> None:
        announce("reading")
        if scan.name == "a":
            raise ZeroDivisionError("ZEBRA^PATIENT")

    outcomes = list(run_batch(scans, tmp_path / "out", {}, work, said.append))
    assert [one.status for one in outcomes] == ["failed", "done"]
    assert (outcomes[0].error, outcomes[0].code) == ("unforeseen ZeroDivisionError", "unforeseen")
    assert said == ["a (1 of 2): reading", "b (2 of 2): reading"]
