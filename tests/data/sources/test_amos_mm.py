"""AMOS-MM: reports by its own regions, and multiple-choice questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.record import Question
from ctscribe.data.sources.amos_mm import AMOSMM
from ctscribe.errors import BadInput


def test_a_case_with_its_report_and_questions(tmp_path: Path) -> None:
    train, held_out = AMOSMM().read(trees.amos_mm(tmp_path)).records
    assert (train.id, train.split, train.volume) == ("amos_0001", "train", "imagesTr/amos_0001.nii.gz")
    assert train.findings == f"{trees.REPORTS[1]} The liver is smooth."
    assert train.impression == "Nodule."
    assert train.extra["findings.abdomen"] == "The liver is smooth."
    assert "findings.pelvis" not in train.extra
    assert train.questions == (Question("choice", "Where is the nodule?", "Right", ("Left", "Right")),)
    assert (held_out.split, held_out.questions) == ("validation", ())


def test_an_entry_that_lacks_something_is_named(tmp_path: Path) -> None:
    file = trees.amos_mm(tmp_path) / "report_generation_train_val.json"
    content = json.loads(file.read_text())
    del content["validation"][0]["labels"]["report"]
    file.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=r"imagesVa/amos_0002\.nii\.gz has no labels\.report"):
        AMOSMM().read(tmp_path)
    content["training"][0].pop("image")
    file.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="entry 0 of 'training' names no image"):
        AMOSMM().read(tmp_path)


def test_a_file_that_is_not_json_is_named_with_its_line(tmp_path: Path) -> None:
    file = trees.amos_mm(tmp_path) / "vqa_train_val.json"
    file.write_text('{"training":\n ]}')
    with pytest.raises(BadInput, match=r"vqa_train_val\.json is not JSON \(line 2\)"):
        AMOSMM().read(tmp_path)
