"""Records are held against what an index needs; messages name cases, never patients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ctscribe.data.checks import check_records
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput


def records(root: Path, count: int = 4) -> list[CaseRecord]:
    found = []
    for at in range(count):
        (root / f"{at}.nii").touch()
        found.append(CaseRecord(f"case{at}", f"patient{at}", "train", f"{at}.nii", findings=f"Report {at}."))
    return found


def test_good_records_pass_unchanged(tmp_path: Path) -> None:
    good = records(tmp_path)
    checked = check_records(good, tmp_path)
    assert (checked.records, checked.notes) == (good, ())


def test_a_patient_in_two_splits_is_a_leak(tmp_path: Path) -> None:
    leaking = records(tmp_path)
    leaking[3] = replace(leaking[3], patient="patient0", split="test")
    with pytest.raises(BadInput, match="patients in more than one split: 1, with the cases case0, case3") as caught:
        check_records(leaking, tmp_path)
    assert caught.value.code == "patient-leak"
    assert "patient0" not in caught.value.message
    checked = check_records(leaking, tmp_path, leaks="drop")
    assert [record.id for record in checked.records] == ["case1", "case2", "case3"]
    assert checked.notes == ("Cases left out because their patient is in another split too: 1.",)


def test_missing_files_are_counted_and_the_first_ten_shown(tmp_path: Path) -> None:
    twelve = records(tmp_path, 14)
    for at in range(12):
        (tmp_path / f"{at}.nii").unlink()
    with pytest.raises(BadInput, match=r"files missing below .*: 12, 0\.nii, .*, 9\.nii and 2 more") as caught:
        check_records(twelve, tmp_path)
    assert caught.value.code == "missing-files"
    assert "--allow-missing" in str(caught.value.hint)
    checked = check_records(twelve, tmp_path, allow_missing=True)
    assert [record.id for record in checked.records] == ["case12", "case13"]
    assert checked.notes == ("Cases left out because their files are missing: 12.",)


def test_masks_and_readings_are_files_too(tmp_path: Path) -> None:
    one, two, *_ = records(tmp_path)
    for record in (replace(one, masks="m.nii"), replace(two, extra={"readings": "r.xml"})):
        with pytest.raises(BadInput, match=r"files missing below .*: 1, "):
            check_records([record], tmp_path)


def test_a_patient_whose_other_case_is_missing_leaks_no_more(tmp_path: Path) -> None:
    leaking = records(tmp_path)
    leaking[3] = replace(leaking[3], patient="patient0", split="test")
    (tmp_path / "3.nii").unlink()
    assert len(check_records(leaking, tmp_path, allow_missing=True).records) == 3


def test_ids_must_differ_and_labels_be_18(tmp_path: Path) -> None:
    one, two, *_ = records(tmp_path)
    with pytest.raises(BadInput, match="ids that belong to more than one case: 1, case0"):
        check_records([one, replace(two, id="case0")], tmp_path)
    with pytest.raises(BadInput, match="cases whose labels are not 18 of 0 and 1: 1, case0"):
        check_records([replace(one, labels=(1,) * 17)], tmp_path)


def test_reports_that_repeat_each_other(tmp_path: Path) -> None:
    one, two, three, four = records(tmp_path)
    copies = [one, replace(two, findings=" report  0. "), replace(three, findings="REPORT 0.", split="test"), four]
    said = check_records(copies, tmp_path)
    assert said.notes == ("Cases that repeat another's report: 2; texts that are in more than one split: 1.",)
    assert len(said.records) == 4
    alone = check_records(copies, tmp_path, duplicates="drop")
    assert [record.id for record in alone.records] == ["case2", "case3"]
    assert alone.notes == ("Cases left out because they repeat another's report: 2.",)


def test_cases_without_text_are_counted_and_none_is_a_copy(tmp_path: Path) -> None:
    silent = [replace(record, findings=None) for record in records(tmp_path)]
    checked = check_records(silent, tmp_path, duplicates="drop")
    assert (len(checked.records), checked.notes) == (4, ("Cases without report text: 4.",))


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no case is left"):
        check_records([], tmp_path)
