import errno
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dicom_series import slices, write

from ctscribe.ct.readers import list_series, read_volume
from ctscribe.ct.readers.archive import unpacked
from ctscribe.errors import CTScribeError


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder))
    return archive


def test_zip_reads_as_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))
    folder = write(slices(), tmp_path / "study" / "ZEBRA" / "series").parents[1]
    (folder / "viewer.exe").write_bytes(b"MZ" + bytes(5000))
    archive = packed(folder, tmp_path / "scan.zip")
    from_folder, from_zip = read_volume(folder), read_volume(archive)
    assert np.array_equal(from_zip.hu, from_folder.hu)
    assert np.array_equal(from_zip.affine, from_folder.affine)
    assert from_zip.meta.dicom == from_folder.meta.dicom
    assert list_series(archive) == list_series(folder)
    assert list(private.iterdir()) == []


def test_members_get_names_of_our_own_and_vanish(tmp_path: Path):
    archive = packed(write(slices(), tmp_path / "ZEBRA"), tmp_path / "scan.zip")
    with unpacked(archive) as (folder, kind):
        names = [p.name for p in folder.iterdir()]
        assert kind == "dicom"
        assert len(names) == 30
        assert all(n.isdigit() for n in names)
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_one_volume_in_a_zip_keeps_its_format(tmp_path: Path):
    for name, start, suffix, kind in (
        ("a.bin", b"NRRD0005\n", ".nrrd", "nrrd"),
        ("b", b"\x1f\x8b" + bytes(30), ".nii.gz", "nifti"),
        ("c.txt", b"ObjectType = Image\n", ".mha", "metaimage"),
    ):
        with zipfile.ZipFile(tmp_path / "scan.zip", "w") as opened:
            opened.writestr(name, start)
            opened.writestr("notes.txt", "no scan")
        with unpacked(tmp_path / "scan.zip") as (path, found):
            assert (found, path.suffixes) == (kind, ["." + s for s in suffix[1:].split(".")])
            assert path.read_bytes() == start


def test_a_full_disk_is_not_the_archives_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = packed(write(slices(), tmp_path / "series"), tmp_path / "scan.zip")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(CTScribeError) as failed:
        read_volume(archive)
    assert (failed.value.code, failed.value.exit_code) == ("no-room", 1)
