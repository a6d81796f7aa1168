"""Reading a scan, whatever it comes as: DICOM folder, zip, multi-frame file, NIfTI, NRRD or MetaImage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctscribe.ct.readers.archive import unpacked
from ctscribe.ct.readers.choice import SeriesSummary
from ctscribe.ct.readers.identify import FileKind, identify
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadScan

__all__ = ["SeriesSummary", "list_series", "read_volume"]


def read_volume(
    scan: str | Path, *, series: str | None = None, allow_gaps: bool = False, identity: bool = False
) -> CTVolume:
    """The chest CT in a file or folder, in Hounsfield units on the canonical grid.

    Parameters
    ----------
    scan : a folder of DICOM files (with subfolders), a zip of one or of a single volume, a multi-frame DICOM file,
        NIfTI (.nii, .nii.gz), NRRD or MetaImage. Its content decides, its name only where that is silent.
    series : SeriesInstanceUID, the end of one, or series number; by default the axial chest series is found.
    allow_gaps : interpolate a few missing slices instead of refusing.
    identity : keep the patient's identity in ``meta.dicom.patient``.

    Raises
    ------
    BadScan : what is wrong, where, and what to do; ``code`` names it.
    """
    # Each format's libraries are loaded only when a scan needs them.
    with _opened(Path(scan)) as (path, kind):
        if kind == "dicom":
            from ctscribe.ct.readers.dicom import read_dicom

            return read_dicom(path, series=series, allow_gaps=allow_gaps, identity=identity)
        if series is not None:
            raise BadScan("a series can be chosen among DICOM files only", hint="leave --series out", code="no-series")
        if kind == "nifti":
            from ctscribe.ct.readers.nifti import read_nifti

            return read_nifti(path)
        from ctscribe.ct.readers.itk import read_itk

        return read_itk(path)


def list_series(scan: str | Path, *, series: str | None = None) -> tuple[SeriesSummary, ...]:
    """The series of a DICOM folder, zip or file, the one ``read_volume`` would read marked; none for other formats.

    Parameters
    ----------
    series : as for ``read_volume``.

    Raises
    ------
    BadScan : when the scan cannot be opened, its DICOM files cannot be parsed, or the series asked for is not there.
    """
    with _opened(Path(scan)) as (path, kind):
        if kind != "dicom":
            return ()
        from ctscribe.ct.readers.dicom import list_dicom_series

        return list_dicom_series(path, series)


@contextmanager
def _opened(scan: Path) -> Iterator[tuple[Path, FileKind]]:
    """The file or folder to read and what it holds; an archive is unpacked for as long as the context lasts."""
    try:
        if scan.is_dir():
            kind = "dicom"
        elif scan.is_file():
            kind = identify(scan)
        else:
            raise BadScan("there is no such file or folder", hint="check the path of the scan", code="not-found")
    except OSError as error:
        raise BadScan("the scan cannot be opened", hint="check its permissions", code="unreadable-file") from error
    if kind is None:
        raise BadScan(
            "the file is not a scan",
            hint="give a DICOM folder, a zip, or a NIfTI, NRRD or MetaImage file",
            code="unknown-format",
        )
    if kind != "zip":
        yield scan, kind
        return
    with unpacked(scan) as inside:
        yield inside
