"""The index: what is written is read back, lazily, wherever it lies; what is no index is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data.sources import trees
from phantoms import chest_phantom

from ctscribe.anatomy.writing import write_labelmap
from ctscribe.ct.volume import CTVolume
from ctscribe.data.index import VERSION, read_index, write_index
from ctscribe.data.index_schema import ROWS_AT_ONCE, SCHEMA
from ctscribe.data.record import CaseRecord, Question
from ctscribe.errors import BadInput, BadScan

FULL = CaseRecord(
    id="a",
    patient="p",
    split="train",
    volume="a/scan.nii.gz",
    masks="a/masks.nii.gz",
    findings="Nodule.\nNo effusion.",
    impression="Nodule.",
    sections={"lung": "Nodule.", "heart": "Normal."},
    labels=(0, 1) * 9,
    questions=(
        Question("presence", "Is there a nodule?", "Yes", ("Yes", "No"), "lung"),
        Question("size", "Size?", "5"),
    ),
    extra={"age": "036Y"},
)
BARE = CaseRecord(id="b", patient="q", split="test", volume="b/scan.nii.gz")


def write(folder: Path, *records: CaseRecord, root: Path | None = None) -> Path:
    write_index(records, folder / "index.parquet", source="folder", root=root or folder, notes=["said"])
    return folder / "index.parquet"


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    index = read_index(write(tmp_path, FULL, BARE))
    assert list(index.records) == [FULL, BARE]
    assert (index.records[0], index.records[-1], list(index.records[1:])) == (FULL, BARE, [BARE])
    assert (len(index), index.splits, index.notes) == (2, {"train": 1, "test": 1}, ("said",))
    with pytest.raises(IndexError):
        index.records[2]


def test_more_records_than_a_row_group(tmp_path: Path) -> None:
    records = [replace(BARE, id=str(at)) for at in range(ROWS_AT_ONCE + 3)]
    index = read_index(write(tmp_path, *records))
    assert [record.id for record in index.records] == [record.id for record in records]
    assert index.records[ROWS_AT_ONCE + 1].id == str(ROWS_AT_ONCE + 1)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "one", FULL, BARE).read_bytes()
    assert first == write(tmp_path / "two", FULL, BARE).read_bytes()
    assert first != write(tmp_path / "three", BARE, FULL).read_bytes()


def test_the_digest_tells_content_and_not_place(tmp_path: Path) -> None:
    here = read_index(write(tmp_path / "one", FULL, BARE, root=tmp_path))
    there = read_index(write(tmp_path / "two", FULL, BARE))
    other = read_index(write(tmp_path / "three", replace(FULL, findings="Nodule."), BARE))
    assert here.digest == there.digest != other.digest
    assert here.split("train").digest != here.digest


def test_a_split_and_one_that_is_not_there(tmp_path: Path) -> None:
    index = read_index(write(tmp_path, FULL, BARE))
    assert list(index.split("test").records) == [BARE]
    assert index.split("test").root == index.root
    with pytest.raises(BadInput) as caught:
        index.split("tets")
    assert (caught.value.code, caught.value.hint) == ("unknown-split", "did you mean 'test'?")
    with pytest.raises(BadInput) as caught:
        index.split("validation")
    assert (caught.value.code, caught.value.hint) == ("empty-split", "it has train, test")


def test_index_and_data_move_together(tmp_path: Path) -> None:
    write(tmp_path / "set" / "lists", FULL, root=tmp_path / "set")
    write(tmp_path / "set", FULL)
    shutil.move(tmp_path / "set", tmp_path / "moved")
    for place in ("moved/lists", "moved"):
        index = read_index(tmp_path / place)
        assert index.path_of(FULL) == tmp_path / "moved" / "a/scan.nii.gz"


def test_an_index_elsewhere_keeps_the_datas_place(tmp_path: Path) -> None:
    write(tmp_path / "lists", FULL, root=tmp_path / "set")
    shutil.move(tmp_path / "lists", tmp_path / "other")
    assert read_index(tmp_path / "other").root == tmp_path / "set"
    assert read_index(tmp_path / "other", root=tmp_path).path_of(FULL) == tmp_path / "a/scan.nii.gz"


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    codes = {}
    (tmp_path / "text.parquet").write_text("no")
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "table.parquet")
    about = b'{"format": "ctscribe index", "version": 99}'
    pq.write_table(SCHEMA.empty_table().replace_schema_metadata({b"ctscribe": about}), tmp_path / "later.parquet")
    for name in ("text.parquet", "table.parquet", "later.parquet", "absent.parquet", "."):
        with pytest.raises(BadInput) as caught:
            read_index(tmp_path / name)
        codes[name] = caught.value.code
    assert codes == {
        "text.parquet": "not-an-index",
        "table.parquet": "not-an-index",
        "later.parquet": "index-version",
        "absent.parquet": "index-not-found",
        ".": "index-not-found",
    }
    assert VERSION < 99


def test_a_case_with_its_masks_and_lesions(tmp_path: Path) -> None:
    volume, labelmap = chest_phantom()
    nodule = np.zeros(volume.shape, bool)
    nodule[30:33, 38:42, 22:26] = True
    write_labelmap(replace(labelmap, lesions={"lung_nodule": nodule}), _folder(tmp_path) / "masks.nii.gz")
    trees.write_scan(tmp_path / FULL.volume)
    case = read_index(write(tmp_path, FULL)).case(0)
    assert case.volume.shape == volume.shape
    assert case.labelmap.present == labelmap.present
    assert np.array_equal(case.labelmap.lesions["lung_nodule"], nodule)
    assert [lesion.volume_ml for lesion in case.lesions] == [pytest.approx(nodule.sum() * volume.voxel_ml)]
    assert (case.reference, case.labels, case.biomarkers) == (FULL.findings, FULL.labels, ())
    detected = read_index(tmp_path).case(0, detect=True)
    assert detected.biomarkers
    assert detected.reference == FULL.findings


def test_a_segmenter_serves_a_case_without_masks(tmp_path: Path) -> None:
    class Drawn:
        name = "drawn"

        def __call__(self, volume: CTVolume) -> object:
            return chest_phantom()[1]

    trees.write_scan(tmp_path / BARE.volume)
    index = read_index(write(tmp_path, BARE))
    assert not index.case(0).labelmap.present
    assert "heart" in index.case(0, segmenter=Drawn()).labelmap.present


def test_a_file_that_is_gone_or_broken_is_named_with_its_case(tmp_path: Path) -> None:
    index = read_index(write(tmp_path, FULL))
    with pytest.raises(BadInput, match=r"a: its scan is missing: .*scan\.nii\.gz") as caught:
        index.case(0)
    assert caught.value.code == "file-missing"
    trees.write_scan(tmp_path / FULL.volume)
    with pytest.raises(BadInput, match="a: its masks are missing"):
        index.case(0)
    (tmp_path / FULL.volume).write_bytes(b"nothing")
    with pytest.raises(BadScan, match="a: "):
        index.case(0)


@pytest.mark.parametrize(
    ("record", "reference"),
    [
        (FULL, FULL.findings),
        (replace(FULL, findings=None), "Nodule.\nNormal."),
        (replace(FULL, findings=None, sections={}), "Nodule."),
        (BARE, None),
    ],
)
def test_the_reference_is_the_fullest_text(record: CaseRecord, reference: str | None) -> None:
    assert record.reference == reference


def _folder(root: Path) -> Path:
    (root / "a").mkdir()
    return root / "a"
