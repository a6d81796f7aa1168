from pathlib import Path

import pydicom
import pytest
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from ctscribe.errors import BadInput
from ctscribe.inference.scans import find_scans, part


def write_header(path: Path, study: str, **attributes: str) -> None:
    """A DICOM file that holds no more than its study."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = pydicom.Dataset()
    header.StudyInstanceUID, header.SOPClassUID, header.SOPInstanceUID = study, CTImageStorage, generate_uid()
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(path, enforce_file_format=True)


def test_a_file_is_one_scan(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").touch()
    assert find_scans(tmp_path / "a.nii.gz") is None


def test_one_study_in_several_series_folders_is_one_scan(tmp_path: Path) -> None:
    study = generate_uid()
    write_header(tmp_path / "series1" / "1", study)
    write_header(tmp_path / "series2" / "1", study)
    assert find_scans(tmp_path) is None


def test_dicom_files_with_a_stray_archive_are_one_scan(tmp_path: Path) -> None:
    write_header(tmp_path / "1.dcm", generate_uid())
    (tmp_path / "copy.zip").touch()
    assert find_scans(tmp_path) is None


def test_different_studies_are_a_batch(tmp_path: Path) -> None:
    first, second = generate_uid(), generate_uid()
    write_header(tmp_path / "b" / "thin" / "1", first)
    write_header(tmp_path / "b" / "thick" / "1", first)
    write_header(tmp_path / "a" / "1", second)
    assert find_scans(tmp_path) == {"a": tmp_path / "a", "b": tmp_path / "b"}


def test_volume_files_at_any_depth_are_a_batch(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    for name in ("one.nii.gz", "two.MHA", "x/y/one.nrrd", "notes.txt"):
        (tmp_path / name).touch()
    assert find_scans(tmp_path) == {
        "one": tmp_path / "one.nii.gz",
        "two": tmp_path / "two.MHA",
        "x_y_one": tmp_path / "x" / "y" / "one.nrrd",
    }


def test_an_empty_folder_is_no_batch(tmp_path: Path) -> None:
    assert find_scans(tmp_path) is None


def test_two_scans_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.nii").touch()
    (tmp_path / "one.nrrd").touch()
    with pytest.raises(BadInput, match="'one'"):
        find_scans(tmp_path)


def test_hidden_files_reports_and_the_output_folder_are_no_scans(tmp_path: Path) -> None:
    for name in ("one.nii.gz", "._one.nii.gz", ".two.nii", "out/one/masks.nii.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_scans(tmp_path, tmp_path / "out") == {"one": tmp_path / "one.nii.gz"}
    studies = {name: generate_uid() for name in "ab"}
    for name, study in studies.items():
        write_header(tmp_path / "dicom" / name / "1", study)
        write_header(tmp_path / "dicom" / "reports" / name / "report.dcm", study, Modality="SR")
    assert find_scans(tmp_path / "dicom") == {name: tmp_path / "dicom" / name for name in studies}


def test_studies_inside_one_another_are_refused(tmp_path: Path) -> None:
    first, second = generate_uid(), generate_uid()
    write_header(tmp_path / "a" / "1", first)
    write_header(tmp_path / "b" / "1", first)
    write_header(tmp_path / "c" / "1", second)
    with pytest.raises(BadInput) as refused:
        find_scans(tmp_path)
    assert refused.value.code == "studies-mixed"


def test_parts_cover_the_batch_once() -> None:
    scans = {str(number): Path(str(number)) for number in range(10)}
    parts = [part(scans, count=3, index=index) for index in range(3)]
    assert sorted(name for one in parts for name in one) == sorted(scans)
    with pytest.raises(BadInput, match="part 3 of 3"):
        part(scans, count=3, index=3)
