"""ReXGroundingCT: findings with their masks, scans in one folder or as CT-RATE has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.sources.rexgroundingct import ReXGroundingCT
from ctscribe.errors import BadInput


def test_findings_and_their_segmentation(tmp_path: Path) -> None:
    flat, nested = ReXGroundingCT().read(trees.rexgroundingct(tmp_path)).records
    assert flat.volume == "images/train_5_a_1.nii.gz"
    assert nested.volume == "images/train_fixed/train_6/train_6_a/train_6_a_1.nii.gz"
    assert (flat.split, nested.split, nested.patient) == ("train", "validation", "train_6")
    assert flat.findings == "Nodule in the right upper lobe. Left effusion."
    assert flat.extra["segmentation"] == "segmentations/train_5_a_1.nii.gz"
    assert json.loads(flat.extra["lesions"])[1] == {
        "finding": "1",
        "text": "Left effusion.",
        "category": "2e",
        "pixels": 9000,
    }


def test_one_list_with_the_split_in_each_entry(tmp_path: Path) -> None:
    file = trees.rexgroundingct(tmp_path) / "dataset.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps([{**entry, "split": split} for split, (entry,) in content.items()]))
    assert [record.split for record in ReXGroundingCT().read(tmp_path).records] == ["train", "validation"]
    file.write_text(json.dumps([{"name": "train_5_a_1.nii.gz"}]))
    with pytest.raises(BadInput, match="entry 0 belongs to no known split"):
        ReXGroundingCT().read(tmp_path)
