from io import BytesIO
from pathlib import Path

import numpy as np
import openjpeg
import pytest
from dicom_series import save, slices
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import compress
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from ctscribe.ct.readers.frames import Frame, frames_of
from ctscribe.ct.readers.instances import read_instance
from ctscribe.ct.readers.pixels import check_pixels, hounsfield, stored_planes


def frame(dataset: Dataset, folder: Path, syntax: str = ExplicitVRLittleEndian) -> Frame:
    instance = read_instance(save(dataset, folder / "object", syntax), "file 1 of 1", identity=False)
    assert instance is not None
    return frames_of(instance)[0]


def hu_of(found: Frame) -> np.ndarray:
    check_pixels([found])
    return hounsfield(stored_planes([found])[0], found)


def slow_hounsfield(bits: int, dataset: Dataset) -> float:
    """PS3.5 8.1.1 and PS3.3 C.11.1.1.2, one pixel at a time: the stored bits, their sign, slope and intercept."""
    value = (bits >> (dataset.HighBit + 1 - dataset.BitsStored)) & (2**dataset.BitsStored - 1)
    if dataset.PixelRepresentation and value >= 2 ** (dataset.BitsStored - 1):
        value -= 2**dataset.BitsStored
    return value * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)


@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize(("stored", "high"), [(16, 15), (12, 11), (12, 15), (10, 12)])
@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (2, -8192), (1, 0), (0.25, -100.5), (-1, 40000), (3, -1)])
def test_hounsfield_matches_the_definition(
    signed: int, stored: int, high: int, slope: float, intercept: float, tmp_path: Path, rng: np.random.Generator
):
    dataset = slices()[0]
    bits = rng.integers(0, 2**16, (64, 80), dtype=np.uint16)
    dataset.PixelRepresentation, dataset.BitsStored, dataset.HighBit = signed, stored, high
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.PixelData = slope, intercept, bits.tobytes()
    hu = hu_of(frame(dataset, tmp_path))
    expected = np.array([[slow_hounsfield(int(b), dataset) for b in row[:20]] for row in bits[:20]])
    assert np.array_equal(hu[:20, :20], expected.astype(np.float32))
    fits = float(slope).is_integer() and float(intercept).is_integer() and np.abs(hu.astype(np.float64)).max() < 2**15
    assert hu.dtype == (np.int16 if fits else np.float32)


def test_padding_above_the_scale_is_air_and_tissue_is_not(tmp_path: Path):
    dataset = slices()[0]
    stored = np.full((64, 80), 1064, dtype=np.uint16)
    stored[:10] = 65535
    dataset.PixelData = stored.tobytes()
    dataset.add_new("PixelPaddingValue", "US", 65535)
    hu = hu_of(frame(dataset, tmp_path))
    assert (hu[:10] == -1024).all()
    assert (hu[10:] == 40).all()
    dataset.PixelPaddingValue = 1064
    assert (hu_of(frame(dataset, tmp_path))[10:] == 40).all()


def test_signed_padding_written_as_unsigned_and_a_range(tmp_path: Path):
    dataset = slices()[0]
    stored = np.full((64, 80), 40, dtype=np.int16)
    stored[0], stored[1], stored[2] = 32000, 32700, 31999
    dataset.PixelData, dataset.PixelRepresentation, dataset.RescaleIntercept = stored.tobytes(), 1, 0
    dataset.add_new("PixelPaddingValue", "US", 32700)
    dataset.add_new("PixelPaddingRangeLimit", "US", 32000)
    hu = hu_of(frame(dataset, tmp_path))
    assert [int(row[0]) for row in hu[:4]] == [-1024, -1024, 31999, 40]


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("stored_bits", [12, 16])
def test_every_transfer_syntax_gives_the_same_hounsfield_units(
    syntax: str, signed: int, stored_bits: int, tmp_path: Path, rng: np.random.Generator
):
    hu = rng.integers(-1000, 1000, (64, 80)).astype(np.int16)
    dataset = slices()[0]
    dataset.PixelRepresentation, dataset.RescaleIntercept = signed, 0 if signed else -1024
    dataset.BitsStored, dataset.HighBit = stored_bits, stored_bits - 1
    stored = hu if signed else (hu + 1024).astype(np.uint16)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    dataset.PixelData = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
    if syntax in (RLELossless, JPEGLSLossless):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        compress(dataset, syntax, generate_instance_uid=False)
    if syntax == JPEG2000Lossless:
        dataset.PixelData = encapsulate([openjpeg.encode(stored, bits_stored=stored_bits)])
        dataset["PixelData"].is_undefined_length = True
    assert np.array_equal(hu_of(frame(dataset, tmp_path, syntax)), hu)


def test_pillow_writes_what_is_read(tmp_path: Path, rng: np.random.Generator):
    stored = rng.integers(0, 4096, (64, 80)).astype(np.uint16)
    encoded = BytesIO()
    Image.fromarray(stored).save(encoded, "JPEG2000", irreversible=False, no_jp2=True)
    dataset = slices()[0]
    dataset.PixelData = encapsulate([encoded.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    assert np.array_equal(hu_of(frame(dataset, tmp_path, JPEG2000Lossless)), stored.astype(np.int16) - 1024)


def test_eight_bit_pixels(tmp_path: Path):
    dataset = slices()[0]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = bytes(range(256)) * 20
    assert np.array_equal(hu_of(frame(dataset, tmp_path)).ravel()[:256], np.arange(256) - 1024)
