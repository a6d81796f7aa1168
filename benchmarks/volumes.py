"""The volume that the benchmarks work on: the bundled sample at 300×512×512 voxels, in the forms that readers take."""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from ctscribe.ct.readers import read_volume
from ctscribe.ct.resampling import resample
from ctscribe.ct.volume import CTVolume

SHAPE = (300, 512, 512)
SAMPLE = resources.files("ctscribe") / "sample" / "lidc-idri-0001.zip"


def large_volume() -> CTVolume:
    """The sample, interpolated to the size of an ordinary thin-slice chest CT."""
    with resources.as_file(SAMPLE) as path:
        return resample(read_volume(path), shape=SHAPE)


def write_nifti(volume: CTVolume, path: Path) -> None:
    """As int16 NIfTI, axes (x, y, z), RAS."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(volume.hu.transpose(2, 1, 0), affine), path)


def write_dicom(volume: CTVolume, folder: Path) -> None:
    """As an uncompressed series, with the header of the sample's first slice."""
    with zipfile.ZipFile(io.BytesIO(SAMPLE.read_bytes())) as archive:
        header = pydicom.dcmread(io.BytesIO(archive.read(archive.namelist()[0])))
    header.decompress()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _, header.Rows, header.Columns = volume.shape
    header.PixelSpacing, header.SliceThickness = list(volume.spacing[1:]), volume.spacing[0]
    header.RescaleIntercept, header.RescaleSlope = 0, 1
    folder.mkdir()
    for k, plane in enumerate(volume.hu):
        header.InstanceNumber = k + 1
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{k + 1}"
        header.ImagePositionPatient = list(volume.position((k, 0, 0)))
        header.PixelData = np.ascontiguousarray(plane).tobytes()
        header.save_as(folder / f"{k:03d}.dcm", enforce_file_format=True)


def label_blocks(shape: tuple[int, int, int], count: int = 117) -> np.ndarray:
    """A label map of ``count`` blobs over most of the volume, like a whole-body segmentation."""
    rng = np.random.default_rng(0)
    labels = np.zeros(shape, dtype=np.uint8)
    for label in range(1, count + 1):
        low = [int(rng.integers(0, n * 4 // 5)) for n in shape]
        z, y, x = (
            slice(start, start + int(rng.integers(n // 20, n // 5))) for start, n in zip(low, shape, strict=True)
        )
        labels[z, y, x] = label
    return labels
