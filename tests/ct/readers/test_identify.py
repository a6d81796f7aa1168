import gzip
from pathlib import Path

import pytest
from dicom_series import save, slices

from ctscribe.ct.readers.identify import identify


def nifti_start(magic: bytes) -> bytes:
    return bytes(344) + magic + bytes(8)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\x03\x04" + bytes(400), "zip"),
        (gzip.compress(bytes(400), mtime=0), "nifti"),
        (nifti_start(b"n+1\0"), "nifti"),
        (b"\x1c\x02\0\0n+2\0" + bytes(540), "nifti"),
        (b"NRRD0005\ntype: short\n", "nrrd"),
        (b"ObjectType = Image\nNDims = 3\n", "metaimage"),
        (bytes(128) + b"DICM" + bytes(40), "dicom"),
    ],
)
def test_content_decides_over_the_name(start: bytes, kind: str, tmp_path: Path):
    path = tmp_path / "scan.nrrd.mha.dcm.zip.nii"
    path.write_bytes(start)
    assert identify(path) == kind


def test_name_decides_where_content_is_silent(tmp_path: Path):
    for name, kind in (
        ("a.NII.GZ", "nifti"),
        ("b.dcm", "dicom"),
        ("c.mhd", "metaimage"),
        ("d.nhdr", "nrrd"),
        ("e", None),
    ):
        (tmp_path / name).write_bytes(b"?" * 400)
        assert identify(tmp_path / name) == kind


def test_dicom_without_preamble(tmp_path: Path):
    whole = save(slices()[0], tmp_path / "whole").read_bytes()
    (tmp_path / "bare").write_bytes(whole[132:])
    assert identify(tmp_path / "bare") == "dicom"
