"""TotalSegmentator, played by a program that takes its arguments and writes files of its shape."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.segmenters.totalsegmentator import OTHER_TASKS, TASKS, TotalSegmentatorSegmenter, last_line
from ctscribe.ct.volume import CTVolume, DicomReferences, PatientIdentity, ScanMeta
from ctscribe.errors import BadInput, CTScribeError, MissingExtra

PLANTED = ("ZEBRA^PATIENT", "MRN-90210", "19470203")

FAKE = """#!{python}
import argparse, json, os, re, sys, time
from pathlib import Path
import nibabel as nib
import numpy as np

def device(value):
    if not re.fullmatch(r"gpu|cpu|mps|gpu:[0-9]+", value):
        raise argparse.ArgumentTypeError("Invalid device type")
    return value

parser = argparse.ArgumentParser()
parser.add_argument("-i", dest="input", type=Path, required=True)
parser.add_argument("-o", dest="output", type=Path, required=True)
parser.add_argument("-ml", "--ml", action="store_true")
parser.add_argument("-f", "--fast", action="store_true")
parser.add_argument("-ta", "--task", choices={tasks!r}, default="total")
parser.add_argument("-d", "--device", type=device, default="gpu")
parser.add_argument("-q", "--quiet", action="store_true")
args = parser.parse_args()
if args.fast and args.task != "total":
    raise ValueError(f"task {{args.task}} does not work with option --fast")
assert args.ml and args.output.name.endswith(".nii.gz")

folder = Path({folder!r})
image = nib.load(args.input)
with (folder / "calls.jsonl").open("a") as calls:
    header = bytes(image.header["descrip"].tobytes()).strip(b"\\0").decode()
    files = sorted(path.name for path in args.input.parent.iterdir())
    calls.write(json.dumps({{"argv": sys.argv[1:], "files": files, "header": header}}) + "\\n")
mode = {mode!r}
if mode == "fails":
    sys.stderr.write("Traceback\\nRuntimeError: no weights in /home/zebra/.totalsegmentator/nnunet: give up\\n")
    sys.exit(1)
if mode == "writes nothing":
    sys.exit(0)
if mode == "hangs":
    Path(folder / "pid").write_text(str(os.getpid()))
    time.sleep(60)
labels = np.load(folder / f"{{args.task}}.npy").T
if mode == "other shape":
    labels = labels[:, :, :-1]
names = json.loads((folder / "names.json").read_text()).get(args.task, {{}})
output = nib.Nifti1Image(labels, image.affine)
xml = "".join(f'<Label Key="{{k}}" Red="0" Alpha="1"><![CDATA[{{n}}]]></Label>\\n' for k, n in names.items())
if xml:
    output.header.extensions.append(nib.nifti1.Nifti1Extension(0, f"<LabelTable>{{xml}}</LabelTable>".encode()))
nib.save(output, args.output)
if mode == "cuts its file short":
    content = args.output.read_bytes()
    args.output.write_bytes(content[: len(content) // 2])
"""


@pytest.fixture(scope="module")
def chest() -> tuple[CTVolume, dict[str, np.ndarray]]:
    """A small chest and what each task would find in it."""
    volume, truth = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))
    nodules = np.where(truth.region("lung"), 1, 0).astype(np.uint8)
    nodules[20:22, 25, 48] = 2
    effusion = np.zeros_like(nodules)
    effusion[10:14, 30:34, 40:45] = 2
    cavities = np.full_like(nodules, 4)
    cavities[:20] = 2
    return volume, {
        "total": truth.labels,
        "lung_nodules": nodules,
        "pleural_pericard_effusion": effusion,
        "kidney_cysts": np.zeros_like(nodules),
        "lung_vessels": np.zeros_like(nodules),
        "trunk_cavities": cavities,
    }


@pytest.fixture
def program(tmp_path, monkeypatch, chest):
    """Puts the program on PATH, in a mode of its own; returns the folder where it notes its calls."""

    def install(mode: str = "works", tasks: tuple[str, ...] = TASKS, names: dict | None = None) -> Path:
        executable = tmp_path / "bin" / "TotalSegmentator"
        executable.parent.mkdir()
        executable.write_text(FAKE.format(python=sys.executable, folder=str(tmp_path), mode=mode, tasks=list(tasks)))
        executable.chmod(0o755)
        monkeypatch.setenv("PATH", f"{executable.parent}{os.pathsep}{os.environ['PATH']}")
        for task, labels in chest[1].items():
            np.save(tmp_path / f"{task}.npy", labels)
        (tmp_path / "names.json").write_text(json.dumps(names or {}))
        return tmp_path

    return install


def calls(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]


def test_organs_and_lesions_arrive_as_written(program, chest):
    folder = program()
    volume, written = chest
    labelmap = TotalSegmentatorSegmenter()(volume)
    organs = written["total"] > 0
    assert np.array_equal(labelmap.labels[organs], written["total"][organs])
    assert labelmap.mask("liver").sum() == (written["total"] == 5).sum()
    assert np.array_equal(labelmap.lesions["lung_nodule"], written["lung_nodules"] == 2)
    assert np.array_equal(labelmap.lesions["pleural_effusion"], written["pleural_pericard_effusion"] == 2)
    for looked_for in ("pericardial_effusion", "kidney_cyst"):
        assert not labelmap.lesions[looked_for].any()
    assert set(labelmap.lesions) == {"lung_nodule", "pleural_effusion", "pericardial_effusion", "kidney_cyst"}
    assert labelmap.source.startswith("TotalSegmentator")
    assert [call["argv"][call["argv"].index("--task") + 1] for call in calls(folder)] == list(TASKS)


def test_other_tasks_fill_only_what_total_leaves_empty(program, chest):
    program()
    volume, written = chest
    labelmap = TotalSegmentatorSegmenter()(volume)
    assert np.array_equal(labelmap.mask("mediastinum"), (written["total"] == 0) & (written["trunk_cavities"] == 4))
    cavity = (written["total"] == 0) & (written["trunk_cavities"] == 2)
    assert not labelmap.labels[cavity].any()


def test_fast_is_for_total_alone_and_devices_are_translated(program, chest):
    folder = program()
    labelmap = TotalSegmentatorSegmenter(device="cuda:1", fast=True, tasks=("total", "lung_nodules"))(chest[0])
    total, nodules = (call["argv"] for call in calls(folder))
    assert "--fast" in total and "--fast" not in nodules
    assert total[total.index("--device") + 1] == "gpu:1"
    assert any("3 mm" in note for note in labelmap.notes)


@pytest.mark.parametrize(("given", "passed"), [("cpu", "cpu"), ("cuda", "gpu"), ("mps", "mps")])
def test_device(given, passed):
    assert TotalSegmentatorSegmenter(device=given).device == passed


@pytest.mark.parametrize("given", ["gpu", "cuda:", "cpu; rm", ""])
def test_unknown_device(given):
    with pytest.raises(BadInput) as refusal:
        TotalSegmentatorSegmenter(device=given)
    assert refusal.value.code == "unknown-device"


def test_names_in_the_file_outrank_the_tables(program, chest):
    names = {"lung_vessels": {1: "lung_vessels", 2: "lung_trachea_bronchia"}}
    volume, written = chest
    written = written | {"lung_vessels": np.ones_like(written["total"])}
    folder = program(names=names)
    np.save(folder / "lung_vessels.npy", written["lung_vessels"])
    labelmap = TotalSegmentatorSegmenter(tasks=("total", "lung_vessels"))(volume)
    assert "lung_vessels" in labelmap.present and "lung_airways" not in labelmap.present


def test_no_identity_reaches_the_program(program, chest):
    folder = program()
    patient = PatientIdentity(name=PLANTED[0], patient_id=PLANTED[1], birth_date=PLANTED[2])
    references = DicomReferences("1.2", "1.2.3", "1.2.4", "1.2.5", tuple(map(str, range(40))), patient=patient)
    volume = replace(chest[0], meta=ScanMeta(format="dicom", dicom=references))
    labelmap = TotalSegmentatorSegmenter(tasks=("total",))(volume)
    seen = json.dumps(calls(folder)) + labelmap.source + "".join(labelmap.notes)
    assert not any(word in seen for word in PLANTED)
    assert calls(folder)[0]["files"] == ["ct.nii.gz", "log.txt"]


def test_nothing_is_left_behind(program, chest):
    folder = program()
    TotalSegmentatorSegmenter(tasks=("total",))(chest[0])
    argv = calls(folder)[0]["argv"]
    assert not Path(argv[argv.index("-i") + 1]).parent.exists()


def test_a_task_that_the_installed_version_lacks_is_left_out(program, chest):
    program(tasks=("total", "lung_nodules"))
    labelmap = TotalSegmentatorSegmenter(tasks=("total", "trunk_cavities", "lung_nodules"))(chest[0])
    assert "lung_nodule" in labelmap.lesions
    assert any("trunk_cavities" in note for note in labelmap.notes)


def test_absent_program(monkeypatch, tmp_path, chest):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra) as missing:
        TotalSegmentatorSegmenter()(chest[0])
    assert missing.value.hint == 'pip install "ctscribe[totalsegmentator]"'
    assert missing.value.exit_code == 2


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("fails", "totalsegmentator-failed"),
        ("writes nothing", "totalsegmentator-no-output"),
        ("other shape", "totalsegmentator-wrong-output"),
        ("cuts its file short", "totalsegmentator-wrong-output"),
        ("hangs", "totalsegmentator-timeout"),
    ],
)
def test_failures_are_one_clear_line(program, chest, mode, code):
    folder = program(mode)
    timeout_s = 2.0 if mode == "hangs" else 60.0
    with pytest.raises(CTScribeError) as failure:
        TotalSegmentatorSegmenter(tasks=("total",), timeout_s=timeout_s)(chest[0])
    assert failure.value.code == code
    assert failure.value.exit_code == 1
    assert "\n" not in failure.value.message and "/" not in failure.value.message
    if mode == "fails":
        assert "no weights in … give up" in failure.value.message.replace(":", "")
    if mode == "hangs":
        with pytest.raises(ProcessLookupError):
            os.kill(int((folder / "pid").read_text()), 0)


def test_paths_are_struck_from_what_the_program_says():
    assert last_line("first\nno file /home/zebra/x.nii.gz here\n\n") == "no file … here"
    assert last_line("cannot open ~/.totalsegmentator/config.json") == "cannot open …"
    assert last_line("") == ""


def test_every_other_task_has_a_table():
    assert set(OTHER_TASKS) == set(TASKS) - {"total"}
