"""LIDC-IDRI: series are found by their readings, and nodules become a lesion mask."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.preparing import prepare_index
from ctscribe.data.sources.lidc import LIDC
from ctscribe.errors import BadInput


def test_a_series_and_its_readings(tmp_path: Path) -> None:
    (record,) = LIDC(agreement=3).read(trees.lidc(tmp_path)).records
    assert record.id == "LIDC-IDRI-0001"
    assert record.volume == "LIDC-IDRI/LIDC-IDRI-0001/study/series"
    assert record.extra == {"readings": f"{record.volume}/069.xml", "agreement": "3"}
    assert "MRN" not in record.patient


@pytest.mark.parametrize(("agreement", "pixels"), [(2, 81), (3, 81 - 1)])
def test_nodules_are_lesions_of_the_case(tmp_path: Path, agreement: int, pixels: int) -> None:
    index = prepare_index("lidc", trees.lidc(tmp_path), tmp_path / "i.parquet", {"agreement": str(agreement)})
    case = index.case(0)
    mask = case.labelmap.lesions["lung_nodule"]
    assert mask.sum() == pixels
    assert mask[4, 21:30, 31:40].sum() == pixels
    (lesion,) = case.lesions
    assert lesion.kind == "lung_nodule"
    assert lesion.volume_ml == pytest.approx(pixels * case.volume.voxel_ml)


def test_readings_without_their_series_are_said(tmp_path: Path) -> None:
    root = trees.lidc(tmp_path)
    (root / "other.xml").write_text(trees.lidc_xml([[]], series="1.2.3"))
    assert LIDC().read(root).notes == ("Readings left out because their series are not here: 1.",)
    (root / "other.xml").write_text("<broken")
    with pytest.raises(BadInput, match=r"other\.xml is not readable XML"):
        LIDC().read(root)
