from __future__ import annotations

import json

import pytest

from ctscribe.anatomy.segmenters.name_tables import (
    names_file_beside,
    nifti_names,
    read_name_table,
    slicer_names,
    stem_of,
)
from ctscribe.errors import BadMasks

TABLE = {1: "spleen", 12: "lung_upper_lobe_right"}

FILES = {
    "ids.json": '{"1": "spleen", "12": "lung_upper_lobe_right"}',
    "names.json": '{"spleen": 1, "lung_upper_lobe_right": 12}',
    "nnunet.json": '{"modality": {"0": "CT"}, "labels": {"background": 0, "spleen": 1, "lung_upper_lobe_right": 12}}',
    "names-key.json": '{"names": {"1": "spleen", "12": "lung_upper_lobe_right"}}',
    "header.csv": "id,name\n1,spleen\n12,lung_upper_lobe_right\n",
    "bom.csv": "\ufeffid,name\n1,spleen\n12,lung_upper_lobe_right\n",
    "columns.csv": "group,original_idx,structure,id\norgans,7,spleen,1\n\norgans,9,lung_upper_lobe_right,12\n",
    "bare.csv": "0, background\n1, spleen\n12, lung_upper_lobe_right\n",
}


@pytest.mark.parametrize("name", FILES)
def test_every_form(tmp_path, name):
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    table = read_name_table(tmp_path / name)
    assert table.names == TABLE
    assert table.lesions is None


def test_the_table_that_ctscribe_writes(tmp_path):
    content = {
        "names": {"1": "spleen"},
        "lesions": {"1": "lung_nodule"},
        "source": "atlas",
        "approximate": ["spleen"],
        "confidence": {"similarity": 0.9},
        "notes": ["a note"],
    }
    (tmp_path / "m.json").write_text(json.dumps(content))
    table = read_name_table(tmp_path / "m.json")
    assert (table.names, table.lesions, table.source) == ({1: "spleen"}, {1: "lung_nodule"}, "atlas")
    assert (table.approximate, table.confidence, table.notes) == ({"spleen"}, {"similarity": 0.9}, ("a note",))


BROKEN = {
    "notes.json": '{"names": {"1": "spleen"}, "notes": "one"}',
    "text.json": "spleen",
    "list.json": '["spleen", "liver"]',
    "number.json": '{"1": 2}',
    "nested.json": '{"1": {"name": "spleen"}}',
    "words.json": '{"PatientName": "ZEBRA^PATIENT"}',
    "twice.csv": "1,spleen\n1,liver\n",
    "one-column.csv": "spleen\nliver\n",
    "words.csv": "a,b\nspleen,liver\n",
    "names.txt": "1 spleen",
    "absent.json": None,
    "binary.json": b"\xff\xfe\x00",
    "huge.json": b" " * (1 << 20) + b"{}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_table_is_refused(tmp_path, name):
    content = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadMasks) as refusal:
        read_name_table(tmp_path / name)
    assert refusal.value.code == "bad-names-file"
    assert "ZEBRA" not in refusal.value.message and "\n" not in refusal.value.message


def test_which_file_lies_beside(tmp_path):
    masks = tmp_path / "case.seg.nii.gz"
    assert stem_of(masks) == "case.seg"
    assert names_file_beside(masks) is None
    for name in ("labels.csv", "labels.json", "case.seg.csv", "case.seg.json"):
        (tmp_path / name).touch()
        assert names_file_beside(masks) == tmp_path / name


def test_totalsegmentators_header():
    xml = b"""<?xml version="1.0"?> <LabelTable>
        <Label Key="1" Red="0.0" Green="1.0" Alpha="1"><![CDATA[spleen]]></Label>
        <Label Key="12" Red="1.0" Green="1.0" Alpha="1"><![CDATA[lung_upper_lobe_right]]></Label></LabelTable>"""
    assert nifti_names(b"a comment\0\0" + xml) == TABLE
    assert nifti_names(b"") == {}


def test_slicers_header():
    header = (
        b"NRRD0004\nSegment0_ID:=Segment_1\nSegment0_LabelValue:=1\nSegment0_Name:=spleen\n"
        b"Segment1_LabelValue:=12\r\nSegment1_Name:=lung_upper_lobe_right\r\nSegment2_Name:=no value\n\n"
    )
    assert slicer_names(header) == TABLE
