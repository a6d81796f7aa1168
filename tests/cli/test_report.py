"""``report``, ``segment`` and ``measure`` as a user runs them, on a small synthetic DICOM series with its masks."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from dicom_series import IDENTITY, series_phantom, slices, write
from phantoms import chest_phantom

from ctscribe.anatomy.writing import write_labelmap
from ctscribe.cli.main import main
from ctscribe.report.schema import RESEARCH_USE, Report
from ctscribe.report.writers import FORMATS

ALL = "text,json,html,dicom-sr,fhir"
PLANTED = (*IDENTITY, "ZEBRA", "ACC-4711", "20200131", "2020-01-31", "1948-02-29", "HOUSE^GREGORY", "HOUSE")

Ran = tuple[int, str, str]


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = series_phantom()
    path = tmp_path_factory.mktemp("masks") / "masks.nii.gz"
    write_labelmap(chest_phantom(volume.shape, volume.spacing)[1], path)
    return path


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(slices(ReferringPhysicianName="HOUSE^GREGORY"), tmp_path_factory.mktemp("scan") / "série 1")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]):
    """Runs a command line: exit code, stdout, stderr. Captured below Python, where libraries in C write too."""

    def run(*words: object) -> Ran:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        printed = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return left.value.code, printed.out, printed.err

    return run


@pytest.fixture
def without_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the lesion detectors out, which take most of the time, where only files and exit codes matter."""
    monkeypatch.setattr("ctscribe.case.detect_lesions", lambda volume, labelmap: labelmap)


def nifti(path: Path) -> Path:
    """The same chest as NIfTI."""
    volume = series_phantom()
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine @ np.eye(4)[:, [2, 1, 0, 3]]
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(volume.hu.T, affine), path)
    return path


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_five_forms(run, series: Path, masks: Path, tmp_path: Path) -> None:
    code, out, err = run("report", series, "--segmenter", masks, "-o", tmp_path / "a b")
    assert (code, err) == (0, "")
    assert names_in(tmp_path / "a b") == {form.file_name for form in FORMATS.values()} | {"run.json"}
    assert all(str(tmp_path / "a b" / form.file_name) in out for form in FORMATS.values())
    assert RESEARCH_USE in out
    report = Report.model_validate_json((tmp_path / "a b" / "report.json").read_text())
    assert report.technique.format == "dicom"
    sr = pydicom.dcmread(tmp_path / "a b" / "report.dcm")
    assert sr.StudyInstanceUID == slices()[0].StudyInstanceUID


def test_json_is_one_object_with_the_report(run, series: Path, masks: Path, tmp_path: Path) -> None:
    words = ("report", series, "--segmenter", masks, "-o", tmp_path / "out", "--json", "--formats", "text,json,html")
    code, out, err = run(*words)
    printed = json.loads(out)
    assert (code, err) == (0, "")
    assert printed["report"] == json.loads((tmp_path / "out" / "report.json").read_text())
    assert set(printed["files"]) == {"text", "json", "html"}
    assert "writing" in printed["seconds"]


@pytest.mark.usefixtures("without_detectors")
def test_the_default_folder_is_report(
    run, series: Path, masks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", series, "--segmenter", masks)[0] == 0
    assert "report.txt" in names_in(tmp_path / "report")


@pytest.mark.usefixtures("without_detectors")
def test_by_default_a_scan_gets_every_form_that_it_allows(run, masks: Path, tmp_path: Path) -> None:
    code, _, err = run("report", nifti(tmp_path / "scan.nii.gz"), "--segmenter", masks, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    allowed = {form.file_name for form in FORMATS.values() if not form.needs_dicom}
    assert names_in(tmp_path / "out") == allowed | {"run.json"}


@pytest.mark.usefixtures("without_detectors")
def test_a_form_that_is_impossible_does_not_stop_the_others(run, masks: Path, tmp_path: Path) -> None:
    scan = nifti(tmp_path / "scan.nii.gz")
    code, out, err = run("report", scan, "--segmenter", masks, "-o", tmp_path / "out", "--formats", "text,dicom-sr")
    assert (code, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] == ["error", "hint"]
    assert names_in(tmp_path / "out") == {"report.txt"}


@pytest.mark.usefixtures("without_detectors")
def test_a_folder_never_holds_the_reports_of_two_scans(run, series: Path, masks: Path, tmp_path: Path) -> None:
    words = ("--segmenter", masks, "-o", tmp_path / "out", "--formats")
    other = nifti(tmp_path / "other.nii.gz")
    assert run("report", series, *words, "text,dicom-sr")[0] == 0
    assert run("report", other, *words, "text,dicom-sr")[0] == 2
    assert names_in(tmp_path / "out") == {"report.txt", "run.json"}
    assert run("report", series, *words, "text,json")[0] == 0
    (tmp_path / "out" / "report.json").write_text("edited by someone")
    assert run("report", other, *words, "text")[0] == 0
    assert names_in(tmp_path / "out") == {"report.txt", "report.json", "run.json"}


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    run, series: Path, masks: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("mine")
    for words in (
        ("report", "does-not-matter", "-o", tmp_path / "taken" / "below", "--segmenter", masks),
        ("report", series, "-o", tmp_path / "taken", "--segmenter", masks),
        ("segment", series, "-o", tmp_path / "taken" / "masks.nii.gz", "--segmenter", masks),
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert [line.split(":")[0] for line in err.splitlines()] == ["error", "hint"]
    assert (tmp_path / "taken").read_text() == "mine"


def batch(folder: Path) -> Path:
    """Two good scans of different kinds, one below, and a bad one."""
    nifti(folder / "one.nii.gz")
    write(slices(), folder / "study" / "series")
    (folder / "bad.nii.gz").write_bytes(gzip.compress(b"no scan"))
    return folder


@pytest.mark.usefixtures("without_detectors")
def test_a_folder_of_scans_passes_over_a_bad_one_and_resumes(run, masks: Path, tmp_path: Path) -> None:
    folder = batch(tmp_path / "in")
    # The results lie within the scans' folder, and must not be taken for scans.
    words = ("report", folder, "--segmenter", masks, "-o", folder / "out", "--formats")
    code, out, err = run(*words, "text")
    assert (code, out.splitlines()) == (
        1,
        ["failed    bad", "done      one", "done      study_series", f"2 done, 1 failed; reports in {folder / 'out'}"],
    )
    assert err.startswith("error: bad: ")
    assert len(err.splitlines()) == 1
    assert names_in(folder / "out") == {"one", "study_series"}
    code, out, _ = run(*words, "text", "--json")
    assert (code, json.loads(out)["counts"]) == (1, {"failed": 1, "unchanged": 2})
    (folder / "bad.nii.gz").unlink()
    code, out, err = run(*words, "text,json", "--verbose")
    assert (code, out.splitlines()[-1]) == (0, f"2 done; reports in {folder / 'out'}")
    assert "study_series (2 of 2): measuring …" in err.splitlines()
    code, out, _ = run(*words, "text,json")
    assert (code, out.splitlines()[-1]) == (0, f"2 unchanged; reports in {folder / 'out'}")


@pytest.mark.usefixtures("without_detectors")
def test_other_masks_of_the_same_name_are_another_setting(run, tmp_path: Path) -> None:
    volume = series_phantom()
    labelmap = chest_phantom(volume.shape, volume.spacing)[1]
    nifti(tmp_path / "in" / "one.nii.gz")
    words = ("report", tmp_path / "in", "--segmenter", tmp_path / "m.nii.gz", "-o", tmp_path / "out")
    write_labelmap(labelmap, tmp_path / "m.nii.gz")
    assert run(*words, "--formats", "text")[1].startswith("done")
    assert run(*words, "--formats", "text")[1].startswith("unchanged")
    labelmap.labels[labelmap.labels == 1] = 0
    write_labelmap(labelmap, tmp_path / "m.nii.gz")
    assert run(*words, "--formats", "text")[1].startswith("done")
    assert str(tmp_path) not in (tmp_path / "out" / "one" / "run.json").read_text()


@pytest.mark.usefixtures("without_detectors")
def test_parts_share_a_batch(run, masks: Path, tmp_path: Path) -> None:
    folder = batch(tmp_path / "in")
    words = ("report", folder, "--segmenter", masks, "-o", tmp_path / "out", "--formats", "text", "--num-parts", 3)
    printed = [run(*words, "--part-id", part)[1].splitlines()[0] for part in range(3)]
    assert printed == ["failed    bad", "done      one", "done      study_series"]
    assert run(*words, "--part-id", 3)[0] == 2


def test_segment_measure_and_report_agree(run, series: Path, masks: Path, tmp_path: Path) -> None:
    code, out, _ = run("segment", series, "--segmenter", masks, "-o", tmp_path / "m.nii.gz", "--json")
    assert (code, json.loads(out)["files"][0]) == (0, str(tmp_path / "m.nii.gz"))
    code, out, _ = run("measure", series, "--masks", tmp_path / "m.nii.gz", "--json")
    measured = json.loads(out)
    assert code == 0
    code, out, _ = run("report", series, "--segmenter", tmp_path / "m.nii.gz", "-o", tmp_path / "out", "--json")
    report = json.loads(out)["report"]
    assert (code, report["lesions"], report["biomarkers"]) == (0, measured["lesions"], measured["biomarkers"])
    assert any(one["value"] for one in report["biomarkers"])
    code, out, _ = run("measure", series, "--masks", masks)
    assert code == 0
    assert "Biomarkers" in out


def found_in(*texts: bytes | str) -> set[str]:
    whole = b"".join(text.encode() if isinstance(text, str) else text for text in texts)
    return {planted for planted in PLANTED if planted.encode() in whole}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, decompressed."""
    read = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: gzip.decompress(content) if name.endswith(".gz") else content for name, content in read.items()}


def test_identity_is_nowhere_unless_asked_for(run, series: Path, masks: Path, tmp_path: Path) -> None:
    assert found_in(*contents(series).values()) >= {"ZEBRA^PATIENT", "ACC-4711", "20200131", "HOUSE^GREGORY"}
    words = ("report", series, "--segmenter", masks, "--formats", ALL, "--verbose")
    code, *printed = run(*words, "-o", tmp_path / "out")
    assert code == 0
    code, *said = run("segment", series, "--segmenter", masks, "-o", tmp_path / "out" / "m.nii.gz", "--verbose")
    assert code == 0
    printed += [*said, *run("inspect", series)[1:], *run("inspect", series, "--json")[1:]]
    printed += run("measure", series, "--masks", masks, "--json", "--verbose")[1:]
    assert len(contents(tmp_path / "out")) >= 8
    assert found_in(*contents(tmp_path / "out").values(), *printed) == set()
    code, *printed = run(*words, "-o", tmp_path / "known", "--identity")
    assert code == 0
    assert found_in(*printed) == set()
    for name, content in contents(tmp_path / "known").items():
        if name in ("report.dcm", "report.fhir.json"):
            assert found_in(content) >= {"ZEBRA", "MRN-90210", "ACC-4711"}, name
        else:
            assert found_in(content) == set(), name


def test_identity_is_in_no_error(run, tmp_path: Path) -> None:
    broken = slices()
    broken[7].PixelData = broken[7].PixelData[:100]
    short = write(broken, tmp_path / "short")
    for words in (
        ("report", short, "-o", tmp_path / "out", "--verbose", "--identity"),
        ("inspect", short, "--series", 99),
        ("inspect", write(slices()[:2], tmp_path / "few")),
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert found_in(err) == set()


def start(*words: object, **environment: str) -> subprocess.Popen[str]:
    """A process of its own, in which a warning that the command does not silence is an error."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", "from ctscribe.cli.main import main; main()", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def wait_for(stage: str, process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    assert any(stage in line for line in process.stderr), f"{stage!r} was never announced"


def test_a_killed_run_leaves_nothing_half_written_and_the_next_completes(
    series: Path, masks: Path, tmp_path: Path
) -> None:
    words = ("report", series, "--segmenter", masks, "-o", tmp_path, "--formats", ALL, "--verbose")
    with start(*words) as killed:
        wait_for("writing", killed)
        killed.send_signal(signal.SIGKILL)
    forms = {form.file_name for form in FORMATS.values()}
    assert names_in(tmp_path) & forms in (set(), forms)
    assert "run.json" not in names_in(tmp_path)
    with start(*words) as second:
        said = second.communicate()[1]
    assert second.returncode == 0, said
    assert all(line.endswith(" …") or " s  " in line for line in said.splitlines()), said
    assert forms | {"run.json"} <= names_in(tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_told_to_stop_removes_what_it_unpacked(
    number: signal.Signals, code: int, series: Path, masks: Path, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "scan"), "zip", series)
    (tmp_path / "unpacked").mkdir()
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("this signal is ignored here, and so it is in every process started from here")
    words = ("report", archive, "--segmenter", masks, "-o", tmp_path / "out", "--verbose")
    with start(*words, TMPDIR=str(tmp_path / "unpacked")) as stopped:
        wait_for("reading the scan", stopped)
        stopped.send_signal(number)
        said = stopped.communicate()[1]
    assert stopped.returncode == code
    assert said.splitlines()[:1] in ([], ["error: interrupted"])
    assert names_in(tmp_path) == {"scan.zip", "unpacked"}
    assert names_in(tmp_path / "unpacked") == set()
