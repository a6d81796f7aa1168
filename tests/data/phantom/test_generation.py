from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.ct.readers import read_volume
from ctscribe.data.index import read_index
from ctscribe.data.phantom.case import Recipe, make_case
from ctscribe.data.phantom.generation import Order, make_phantoms
from ctscribe.errors import BadInput

RECIPE = Recipe(seed=7, size=(32, 80, 80))
ORDER = Order({"train": 14, "validation": 2, "test": 2}, RECIPE)


def content(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    make_phantoms(ORDER, folder)
    return folder


def test_two_processes_give_the_same_bytes(made, tmp_path):
    make_phantoms(ORDER, tmp_path, processes=2)
    assert content(tmp_path) == content(made)


def test_what_is_on_disk_is_the_case(made):
    index = read_index(made)
    assert index.splits == {"train": 14, "validation": 2, "test": 2}
    phantom = make_case(RECIPE, "test", 1)
    record = index.split("test").records[1]
    volume = read_volume(index.path_of(record))
    assert np.array_equal(volume.hu, phantom.volume.hu)
    assert np.allclose(volume.affine, phantom.volume.affine, atol=1e-3)
    labelmap = UserMasks(index.root / record.masks)(volume)
    assert np.array_equal(labelmap.labels, phantom.labelmap.labels)
    assert {kind for kind, mask in labelmap.lesions.items() if mask.any()} == {
        kind for kind, mask in phantom.labelmap.lesions.items() if mask.any()
    }
    assert record.labels == phantom.labels and record.questions == phantom.questions
    assert (record.findings, record.impression) == phantom.report.free_text
    case = index.split("test").case(1)
    assert case.labels == phantom.labels


def test_every_patient_is_in_one_split_only(made):
    patients = [record.patient for record in read_index(made).records]
    assert len(set(patients)) == len(patients)


def test_no_number_that_a_body_is_made_from_is_in_two_cases(made):
    bodies = [json.loads(path.read_text())["body"] for path in sorted(made.glob("*/*/case.json"))]
    free = [name for name, value in bodies[0].items() if isinstance(value, float)]
    assert len(free) >= 5
    for name in (*free, "warp_seed"):
        assert len({body[name] for body in bodies}) == len(bodies), name


def test_the_folder_of_another_recipe_is_refused_by_what_differs(made):
    before = content(made)
    with pytest.raises(BadInput, match="seed 7, not 8"):
        make_phantoms(Order({"train": 1}, Recipe(seed=8, size=RECIPE.size)), made)
    assert content(made) == before


def test_more_cases_can_be_asked_for_later(made, tmp_path):
    make_phantoms(Order({"train": 3, "test": 2}, RECIPE), tmp_path)
    make_phantoms(ORDER, tmp_path)
    assert content(tmp_path) == content(made)


@pytest.mark.parametrize("seconds", [0.0, 0.7])
def test_killed_at_any_moment_and_started_again_it_ends_the_same(made, tmp_path, seconds):
    words = [
        "import sys; from ctscribe.cli.main import main; main(sys.argv[1:])",
        *("data", "phantom", "-n", "18", "--split", "14,2,2", "--seed", "7", "--size", "32,80,80"),
        *("--processes", "2", "-o", str(tmp_path)),
    ]
    process = subprocess.Popen([sys.executable, "-c", *words], start_new_session=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "train").is_dir() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    make_phantoms(ORDER, tmp_path)
    assert content(tmp_path) == content(made)


def test_a_case_says_how_it_was_made(made):
    case = json.loads((made / "train" / "00000" / "case.json").read_text())
    assert {"body", "acquisition", "findings", "labels", "report", "questions", "version"} <= case.keys()
    manifest = json.loads((made / "phantom.json").read_text())
    assert manifest["seed"] == 7 and len(next(iter(manifest["anatomies"].values()))) == 64
