"""CT-RATE: what its columns become, which volumes are left out, and what is wrong with a damaged copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from data.sources import trees

from ctscribe.ct.volume import CTVolume
from ctscribe.data.checks import check_records
from ctscribe.data.hu_check import check_hounsfield_units
from ctscribe.data.index import read_index
from ctscribe.data.preparing import prepare_index
from ctscribe.data.record import CaseRecord
from ctscribe.data.sources.ct_rate import CTRate, identified
from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS

REPORTS = "dataset/radiology_text_reports/train_reports.csv"
LABELS = "dataset/multi_abnormality_labels/train_predicted_labels.csv"
METADATA = "dataset/metadata/train_metadata.csv"


def by_id(records: object) -> dict[str, CaseRecord]:
    return {record.id: record for record in records}  # pyright: ignore[reportGeneralTypeIssues]


def edit(file: Path, change: object) -> None:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    change(table).to_csv(file, index=False)  # pyright: ignore[reportCallIssue]


def test_the_columns_of_a_volume(tmp_path: Path) -> None:
    found = by_id(CTRate().read(trees.ct_rate(tmp_path)).records)
    one = found["train_1_a_2"]
    assert (one.patient, one.split) == ("train_1", "train")
    assert one.volume == "dataset/train_fixed/train_1/train_1_a/train_1_a_2.nii.gz"
    assert one.findings == "A 6 mm nodule lies in the right upper lobe. There is no pleural effusion. Case train_1_a."
    assert one.impression == "Follow-up, in a year."
    assert found["train_1_a_1"].impression is None
    assert one.labels == tuple(int(label == "Lung nodule") for label in CT_RATE_LABELS)
    assert one.extra["spacing_mm"] == "1.5,0.35,0.34"
    assert (one.extra["age"], one.extra["rescale_intercept"]) == ("036Y", "-8192")
    assert not any("2020" in value for value in one.extra.values())
    assert found["valid_1_a_1"].split == "validation"


def test_listed_volumes_without_a_chest_are_left_out_and_said(tmp_path: Path) -> None:
    found = CTRate().read(trees.ct_rate(tmp_path))
    assert "train_3_a_1" not in by_id(found.records)
    assert found.notes == ("Volumes left out because no_chest_train.txt lists them: 1.",)


def test_the_first_reconstruction_counts_2_before_10(tmp_path: Path) -> None:
    found = CTRate(recon="first", valid_as="test").read(trees.ct_rate(tmp_path))
    assert set(by_id(found.records)) == {"train_1_a_1", "train_2_a_1", "train_2_b_1", "valid_1_a_1", "valid_2_a_2"}
    assert {record.split for record in found.records} == {"train", "test"}


def test_without_fixed_folders_the_plain_ones_are_read_and_the_risk_is_said(tmp_path: Path) -> None:
    found = CTRate().read(trees.ct_rate(tmp_path, fixed=False))
    assert by_id(found.records)["valid_1_a_1"].volume.startswith("dataset/valid/valid_1/")
    assert sum("no _fixed folder" in note for note in found.notes) == 2


def test_hilts_split_keeps_patients_whole(tmp_path: Path) -> None:
    records = CTRate(split="hilt", seed=3).read(trees.ct_rate(tmp_path)).records
    assert len({(record.patient, record.split) for record in records}) == len({record.patient for record in records})


def test_hilts_split_keeps_one_volume_of_each_text(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    edit(tmp_path / REPORTS, lambda table: table.assign(Findings_EN=["Clear.", "clear. ", *table["Findings_EN"][2:]]))
    records = CTRate(split="hilt").read(tmp_path).records
    assert [record.id for record in records][:2] == ["train_1_a_1", "train_2_a_1"]
    assert len(records) == 6


def test_labels_and_metadata_may_be_absent(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    (tmp_path / LABELS).unlink()
    (tmp_path / METADATA).unlink()
    found = CTRate().read(tmp_path)
    assert by_id(found.records)["train_1_a_1"].labels is None
    assert by_id(found.records)["valid_1_a_1"].labels is not None
    assert "train_predicted_labels.csv is missing: its cases have no labels." in found.notes
    assert "train_metadata.csv is missing: nothing is known of its scanners." in found.notes


def test_a_missing_column_is_named_with_the_file_and_what_is_there(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    edit(tmp_path / REPORTS, lambda table: table.rename(columns={"Findings_EN": "Findings"}))
    with pytest.raises(BadInput, match=r"train_reports\.csv has no column 'Findings_EN'") as caught:
        CTRate().read(tmp_path)
    assert "Findings, Impressions_EN" in str(caught.value.hint)


def test_a_name_and_a_label_that_cannot_be_are_named_with_their_row(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    edit(tmp_path / REPORTS, lambda table: table.replace("train_2_a_1.nii.gz", "train_2.nii.gz"))
    with pytest.raises(BadInput, match=r"train_reports\.csv, row 4: 'train_2\.nii\.gz' is no volume"):
        CTRate().read(tmp_path)
    trees.ct_rate(tmp_path)
    edit(tmp_path / LABELS, lambda table: table.replace({"Lung nodule": {"1": "yes"}}))
    with pytest.raises(BadInput, match=r"train_predicted_labels\.csv, row 2: a label is neither 0 nor 1"):
        CTRate().read(tmp_path)


def test_a_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    lines = (tmp_path / REPORTS).read_text().splitlines()
    lines[3] += ",one,too,many"
    (tmp_path / REPORTS).write_text("\n".join(lines))
    with pytest.raises(BadInput, match=r"train_reports\.csv cannot be read as a table: .*line 4"):
        CTRate().read(tmp_path)


def test_missing_volumes_are_listed_at_once_or_left_out(tmp_path: Path) -> None:
    trees.ct_rate(tmp_path)
    for name in ("train_1_a_1", "valid_2_a_10"):
        (tmp_path / trees.ct_rate_path(name, name.split("_")[0] + "_fixed")).unlink()
    records = CTRate().read(tmp_path).records
    with pytest.raises(BadInput, match=r"files missing below .*: 2, ") as caught:
        check_records(records, tmp_path)
    assert "train_1_a_1.nii.gz" in caught.value.message
    assert "valid_2_a_10.nii.gz" in caught.value.message
    assert len(check_records(records, tmp_path, allow_missing=True).records) == 5


@pytest.mark.parametrize(("shift", "code"), [(0, None), (-1024, "rescaled-twice"), (1024, "rescaled-never")])
def test_a_volume_that_was_rescaled_twice_is_found(tmp_path: Path, shift: int, code: str | None) -> None:
    records = [record for record in CTRate().read(trees.ct_rate(tmp_path)).records if record.id == "train_1_a_1"]
    trees.write_scan(tmp_path / records[0].volume, shift)
    if code is None:
        assert check_hounsfield_units(records, tmp_path, 4) == [
            "Scans looked into and found to be in Hounsfield units: 1."
        ]
        return
    with pytest.raises(BadInput, match="1 of 1 scans looked into cannot be used; train_1_a_1: ") as caught:
        check_hounsfield_units(records, tmp_path, 4)
    assert caught.value.code == code


def test_a_case_is_read_from_the_index(tmp_path: Path) -> None:
    records = CTRate().read(trees.ct_rate(tmp_path)).records
    trees.write_scan(tmp_path / records[0].volume)
    prepare_index("ct-rate", tmp_path, tmp_path / "index.parquet")
    case = read_index(tmp_path).case(0)
    assert isinstance(case.volume, CTVolume)
    assert (case.reference, case.labels) == (records[0].findings, records[0].labels)
    assert not case.labelmap.present


def test_names_are_taken_apart_at_once() -> None:
    names = pd.Series(["train_12_ab_3.nii.gz"] * 3)
    found = identified(names, Path("reports.csv"))
    assert found["path"].tolist() == ["train_12/train_12_ab/train_12_ab_3.nii.gz"] * 3
    assert np.all(found["scan"] == "train_12_ab")
