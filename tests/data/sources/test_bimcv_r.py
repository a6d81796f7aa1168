"""BIMCV-R: columns as options, and HILT's four steps of curation."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.sources.bimcv_r import BIMCVR
from ctscribe.errors import BadInput


def test_scans_are_found_wherever_their_folder_is(tmp_path: Path) -> None:
    found = BIMCVR().read(trees.bimcv_r(tmp_path))
    assert [record.volume for record in found.records][:3] == [f"CT{at % 2}/ct/scan{at}.nii.gz" for at in range(3)]
    assert found.records[3].volume == "CT/ct/scan3.nii.gz"
    assert found.notes == ("The table names no patients: every scan counts as one of its own.",)


def test_hilts_curation_step_by_step(tmp_path: Path) -> None:
    found = BIMCVR(curation="hilt").read(trees.bimcv_r(tmp_path))
    assert [record.id for record in found.records] == ["scan0", "scan5"]
    assert found.notes[1:] == (
        "Cases left out because their report is shorter than 10 or longer than 512 words: 1.",
        "Cases left out because they repeat another's report: 1.",
        "Cases left out because they have no scan: 1.",
        "Cases left out because their scan is smaller than 512×512×256 voxels: 1.",
    )


def test_an_unreadable_scan_is_named_with_its_row(tmp_path: Path) -> None:
    trees.bimcv_r(tmp_path)
    (tmp_path / "CT1/ct/scan5.nii.gz").write_bytes(b"no scan at all")
    with pytest.raises(BadInput, match=r"reports\.csv, row 7: the header of .*scan5\.nii\.gz cannot be read"):
        BIMCVR(curation="hilt").read(tmp_path)


def test_the_columns_are_options(tmp_path: Path) -> None:
    trees.bimcv_r(tmp_path)
    text = (tmp_path / "reports.csv").read_text().splitlines()
    lines = ["scan_name,english,subject", *(f"{line},s{at // 2}" for at, line in enumerate(text[1:]))]
    (tmp_path / "reports.csv").write_text("\n".join(lines))
    with pytest.raises(BadInput, match="has no column 'image', 'report'") as caught:
        BIMCVR().read(tmp_path)
    assert caught.value.hint == "its columns are scan_name, english, subject"
    records = BIMCVR(image="scan_name", report="english", patient="subject").read(tmp_path).records
    assert [record.patient for record in records] == ["s0", "s0", "s1", "s1", "s2", "s2"]
    assert len({(record.patient, record.split) for record in records}) == 3
