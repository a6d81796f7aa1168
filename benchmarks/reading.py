"""Reading 300×512×512 from NIfTI and DICOM against the usual ways: python benchmarks/reading.py

Ours checks more: CRC, lengths, positions, Hounsfield units, and brings the axes into canonical order.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk
from comparison import as_rows, compare, save
from volumes import large_volume, write_dicom, write_nifti

from ctscribe.ct.readers import read_volume


def stack_with_pydicom(folder: Path) -> np.ndarray:
    """What most scripts do: read every slice, sort by position, rescale in double precision."""
    slices = sorted((pydicom.dcmread(path) for path in folder.iterdir()), key=lambda one: one.ImagePositionPatient[2])
    return np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])


def read_series_with_simpleitk(folder: Path) -> sitk.Image:
    """SimpleITK's series reader."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def main() -> None:
    """Write the volume both ways, then read it every way."""
    with tempfile.TemporaryDirectory() as name:
        nifti, folder = Path(name) / "scan.nii.gz", Path(name) / "dicom"
        volume = large_volume()
        write_nifti(volume, nifti)
        write_dicom(volume, folder)
        rows = as_rows(
            "read .nii.gz",
            compare(
                {
                    "ctscribe": lambda: read_volume(nifti),
                    "nibabel get_fdata": lambda: nibabel.load(nifti).get_fdata(),
                    "nibabel int16": lambda: np.asarray(nibabel.load(nifti).dataobj),
                    "SimpleITK (takes truncated files)": lambda: sitk.ReadImage(str(nifti)),
                }
            ),
        )
        rows += as_rows(
            "read DICOM",
            compare(
                {
                    "ctscribe": lambda: read_volume(folder),
                    "pydicom stack": lambda: stack_with_pydicom(folder),
                    "SimpleITK": lambda: read_series_with_simpleitk(folder),
                },
                repeats=3,
            ),
        )
    save("reading", "python benchmarks/reading.py", rows, ("nibabel", "pydicom", "SimpleITK"))


if __name__ == "__main__":
    main()
