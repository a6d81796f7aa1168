"""RadGenome-ChestCT: sentences by region, questions in words, masks beside the scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.sources import trees
from phantoms import chest_phantom

from ctscribe.anatomy.taxonomy import CHEST6, load_taxonomy
from ctscribe.anatomy.writing import write_nifti
from ctscribe.data.cases import read_case
from ctscribe.data.sources.radgenome import RadGenome, chest6_regions
from ctscribe.errors import BadInput


def test_every_region_has_a_place_in_chest6() -> None:
    regions = chest6_regions()
    assert set(regions) == {region.key for region in load_taxonomy("radgenome10")}
    assert set(regions.values()) == {region.key for region in CHEST6}
    assert (regions["bone"], regions["esophagus"], regions["mediastinum"]) == (
        "musculoskeletal",
        "mediastinum",
        "mediastinum",
    )
    assert (regions["trachea and bronchie"], regions["pleura"], regions["heart"]) == ("airway", "lung", "heart")


def test_a_scan_has_its_sentences_by_region(tmp_path: Path) -> None:
    first, second, held_out = RadGenome(valid_as="test").read(trees.radgenome(tmp_path)).records
    assert first.volume == "dataset/train_preprocessed/train_1/train_1a/train_1_a_1.nii.gz"
    assert first.masks == "dataset/train_region_mask/seg_train_1_a_1"
    assert (first.patient, held_out.split) == ("train_1", "test")
    assert first.sections == {
        "lung": "No nodule on the left. There is no effusion.",
        "airway": "The trachea is open.",
        "mediastinum": "The thyroid is homogeneous.",
    }
    assert list(first.sections) == ["lung", "airway", "mediastinum"]
    assert first.findings is not None
    assert first.findings.startswith("The scan is of diagnostic quality. No nodule")
    assert second.questions == ()


def test_the_four_kinds_of_questions(tmp_path: Path) -> None:
    first = RadGenome().read(trees.radgenome(tmp_path)).records[0]
    asked = {question.kind: (question.question, question.answer, question.region) for question in first.questions}
    assert asked == {
        "abnormality": ("What abnormality is seen in the left lung?", "Nodule", "lung/left lung"),
        "location": ("Where is the nodule?", "lung/left lung", "lung/left lung"),
        "presence": ("Is there emphysema in the scan?", "No.", None),
        "size": ("What is the size of the nodule in the left lung?", "5 mm", "lung/left lung"),
    }


def test_a_bad_name_is_named_with_its_row(tmp_path: Path) -> None:
    file = trees.radgenome(tmp_path) / "dataset/radgenome_files/train_region_report.csv"
    file.write_text(file.read_text().replace("train_2_a_1.nii.gz", "train_2.nii.gz"))
    with pytest.raises(BadInput, match=r"train_region_report\.csv, row 7: 'train_2\.nii\.gz' is no volume"):
        RadGenome().read(tmp_path)


def test_the_regions_masks_that_are_classes_reach_the_case(tmp_path: Path) -> None:
    volume, labelmap = chest_phantom()
    first = RadGenome().read(trees.radgenome(tmp_path)).records[0]
    trees.write_scan(tmp_path / first.volume)
    for region, mask in (("heart", labelmap.mask("heart")), ("lung", labelmap.region("lung"))):
        write_nifti(mask.astype(np.uint8), volume.affine, tmp_path / str(first.masks) / f"{region}.nii.gz")
    (tmp_path / str(first.masks) / "trachea and bronchie.nii.gz").unlink()
    labels = read_case(first, tmp_path).labelmap
    assert labels.present == {"heart"}
    assert np.array_equal(labels.mask("heart"), labelmap.mask("heart"))


def test_what_was_not_downloaded_is_said(tmp_path: Path) -> None:
    trees.radgenome(tmp_path)
    (tmp_path / "dataset/radgenome_files/train_vqa_size.csv").unlink()
    (tmp_path / "dataset/valid_region_mask").rename(tmp_path / "elsewhere")
    found = RadGenome().read(tmp_path)
    assert found.records[2].masks is None
    assert found.notes == (
        "train_vqa_size.csv is missing: there are no questions of its kind.",
        "valid_region_mask is missing: its cases have no masks.",
    )
