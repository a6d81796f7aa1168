from pathlib import Path

import numpy as np
import pytest
from dicom_series import IDENTITY, save, series_phantom, slices, write
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ctscribe.ct.readers.instances import Instance, read_instance


def read(path: Path, *, identity: bool = False) -> Instance:
    instance = read_instance(path, "file 1 of 1", identity=identity)
    assert instance is not None
    return instance


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_plain_pixels_are_found_where_they_lie(syntax: str, tmp_path: Path):
    path = save(slices()[7], tmp_path / "a", syntax)
    pixels = read(path).pixels
    assert not pixels.encapsulated
    stored = np.frombuffer(path.read_bytes(), "<u2", 64 * 80, offset=pixels.offset or 0).reshape(64, 80)
    assert np.array_equal(stored.astype(int) - 1024, series_phantom().hu[7])
    assert pixels.held_bytes == 64 * 80 * 2


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_other_byte_streams_are_left_to_the_decoders(syntax: str, tmp_path: Path):
    dataset = slices()[7]
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    instance = read(save(dataset, tmp_path / "a", syntax))
    assert instance.pixels.encapsulated
    assert (instance.pixels.rows, instance.pixels.columns) == (64, 80)


def test_without_preamble_and_without_file_meta(tmp_path: Path):
    whole = save(slices()[0], tmp_path / "whole").read_bytes()
    length = int.from_bytes(whole[140:144], "little")
    (tmp_path / "no-preamble").write_bytes(whole[132:])
    (tmp_path / "no-meta").write_bytes(whole[144 + length :])
    for name in ("no-preamble", "no-meta"):
        assert read(tmp_path / name).sop_instance_uid == read(tmp_path / "whole").sop_instance_uid


def test_identity_is_not_even_read_unless_asked(tmp_path: Path):
    path = save(slices()[0], tmp_path / "a")
    instance = read(path)
    assert instance.patient is None
    assert not any(planted in str(instance.header) for planted in IDENTITY)
    patient = read(path, identity=True).patient
    assert patient is not None
    assert (patient.name, patient.patient_id, patient.birth_date) == IDENTITY
    assert (patient.accession_number, patient.study_date, patient.study_time) == ("ACC-4711", "20200131", "")


def test_what_is_not_an_image_file_is_none(tmp_path: Path):
    (tmp_path / "short").write_bytes(b"x")
    (tmp_path / "text").write_text("a" * 500)
    (tmp_path / "almost").write_bytes(b"\x08\x00\x05\x00" + b"zz" * 300)
    directory = Dataset()
    directory.SOPClassUID, directory.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    save(directory, tmp_path / "DICOMDIR")
    for path in tmp_path.iterdir():
        assert read_instance(path, "file 1 of 1", identity=False) is None


def test_every_instance_of_a_series_has_its_own_uid(tmp_path: Path):
    paths = write(slices(), tmp_path / "series").iterdir()
    assert len({read(p).sop_instance_uid for p in paths}) == 30
