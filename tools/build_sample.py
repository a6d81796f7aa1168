"""Make the bundled sample from the public series LIDC-IDRI-0001 (CC BY 3.0): python tools/build_sample.py DICOM_FOLDER

The slices keep their 2.5 mm positions; in plane, 2×2 pixels are averaged so that the whole series is small enough to
ship. The result is DICOM (JPEG-LS, lossless from there on) in one zip, under new UIDs, marked as derived.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import JPEGLSLossless, generate_uid

TARGET = Path(__file__).resolve().parents[1] / "src" / "ctscribe" / "sample" / "lidc-idri-0001.zip"
KEPT = [
    *("SOPClassUID", "Modality", "PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("AccessionNumber", "StudyID", "PatientSex", "PatientBirthDate", "ReferringPhysicianName", "SeriesNumber"),
    *("InstanceNumber", "Manufacturer", "KVP", "ConvolutionKernel", "SliceThickness", "ContrastBolusAgent"),
    *("FrameOfReferenceUID", "PositionReferenceIndicator", "ImagePositionPatient", "ImageOrientationPatient"),
    *("SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit"),
    *("PixelRepresentation", "RescaleIntercept", "RescaleSlope"),
]


def new_uid(old: str) -> str:
    """The sample's own UID for one of the source's."""
    return generate_uid(entropy_srcs=["ctscribe sample", old])


def halved(source: pydicom.Dataset) -> pydicom.Dataset:
    """One slice at half the in-plane resolution; the scanner's padding becomes air (stored 0 is −1024 HU here)."""
    stored = np.maximum(source.pixel_array, 0).astype(np.float64)
    pixels = stored.reshape(stored.shape[0] // 2, 2, stored.shape[1] // 2, 2).mean(axis=(1, 3))
    small = pydicom.Dataset()
    for name in KEPT:
        if name in source:
            small[name] = source[name]
    row, column = (float(value) for value in source.PixelSpacing)
    right, down = (
        np.array(source.ImageOrientationPatient[:3], float),
        np.array(source.ImageOrientationPatient[3:], float),
    )
    small.ImagePositionPatient = list(
        np.array(source.ImagePositionPatient, float) + right * column / 2 + down * row / 2
    )
    small.PixelSpacing = [2 * row, 2 * column]
    small.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    small.DerivationDescription = "2x2 in-plane mean of LIDC-IDRI-0001, The Cancer Imaging Archive, CC BY 3.0"
    small.SeriesDescription = "Chest CT with contrast, in-plane reduced sample"
    small.StudyInstanceUID = new_uid(source.StudyInstanceUID)
    small.SeriesInstanceUID = new_uid(source.SeriesInstanceUID)
    small.FrameOfReferenceUID = new_uid(source.get("FrameOfReferenceUID", source.StudyInstanceUID))
    small.SOPInstanceUID = new_uid(source.SOPInstanceUID)
    small.Rows, small.Columns = pixels.shape
    small.file_meta = pydicom.dataset.FileMetaDataset()
    small.file_meta.MediaStorageSOPClassUID = small.SOPClassUID
    small.file_meta.MediaStorageSOPInstanceUID = small.SOPInstanceUID
    small.compress(JPEGLSLossless, np.rint(pixels).astype(np.int16), generate_instance_uid=False)
    return small


def main(folder: str) -> None:
    """Write the zip; the same input gives the same bytes."""
    slices = sorted((pydicom.dcmread(path) for path in Path(folder).glob("*.dcm")), key=lambda one: one.InstanceNumber)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_STORED) as archive:
        for number, source in enumerate(slices, 1):
            buffer = io.BytesIO()
            halved(source).save_as(buffer, enforce_file_format=True)
            member = zipfile.ZipInfo(f"lidc-idri-0001/{number:03d}.dcm", (2026, 1, 1, 0, 0, 0))
            archive.writestr(member, buffer.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
