"""M3D: captions and questions are read; of 8-bit volumes no case is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.hu_check import check_hounsfield_units
from ctscribe.data.preparing import prepare_index
from ctscribe.data.sources.m3d import M3DVQA, M3DCap
from ctscribe.errors import BadInput


def test_captions_come_from_their_files(tmp_path: Path) -> None:
    records = M3DCap().read(trees.m3d_cap(tmp_path)).records
    assert [(record.id, record.patient, record.split) for record in records] == [
        ("ct_case/005537/Axial_x", "ct_case/005537", "train"),
        ("ct_case/005537/Coronal_x", "ct_case/005537", "train"),
        ("ct_case/000001/Axial_y", "ct_case/000001", "test"),
    ]
    assert records[0].findings == f"{trees.REPORTS[0]} Case 005537."


def test_a_volume_without_hounsfield_units_is_refused(tmp_path: Path) -> None:
    index = prepare_index("m3d-cap", trees.m3d_cap(tmp_path), tmp_path / "index.parquet")
    with pytest.raises(BadInput, match="8-bit grey values, and a case needs Hounsfield units") as caught:
        index.case(0)
    assert caught.value.code == "eight-bit"
    with pytest.raises(BadInput) as caught:
        check_hounsfield_units(index.records, tmp_path, 1)
    assert caught.value.code == "eight-bit"


def test_an_unreadable_caption_is_named_with_its_entry(tmp_path: Path) -> None:
    trees.m3d_cap(tmp_path)
    (tmp_path / "ct_case/000001/text.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BadInput, match=r"M3D_Cap\.json, 'test', entry 0: ct_case/000001/text\.txt cannot be read"):
        M3DCap().read(tmp_path)


def test_questions_of_one_volume_are_one_record(tmp_path: Path) -> None:
    (record,) = M3DVQA().read(trees.m3d_vqa(tmp_path)).records
    assert record.split == "test"
    assert [question.question for question in record.questions] == ["Question 0?", "Question 1?"]
    assert record.questions[0].choices == ("left", "right", "both", "none")
    assert (record.questions[0].answer, record.questions[0].kind) == ("right", "3")
