"""Nodules as radiologists outlined them: the XML readings of LIDC-IDRI (Armato et al., Med Phys 38, 2011, 915–931).

Up to four readers outlined every nodule of 3 mm and more, slice by slice. The points of an outline are pixels just
outside of the nodule; an outline that is no inclusion encloses a hole. Smaller nodules and non-nodules have one point
and no extent.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError
from skimage.draw import polygon

from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadMasks
from ctscribe.types import Mask

UPRIGHT = (1, 0, 0, 0, 1, 0)
"""Image Orientation of slices whose pixels lie as canonical ones do: columns toward Left, rows toward Posterior."""


def marked_nodules(readings: Path, scan: Path, volume: CTVolume, *, agreement: int = 2) -> Mask:
    """Voxels that at least ``agreement`` readers hold to be nodule.

    Parameters
    ----------
    readings : the XML file.
    scan : the DICOM folder that ``volume`` was read from.

    Raises
    ------
    BadMasks : the file is not LIDC's XML (``bad-readings``), or its outlines are of another scan
        (``readings-of-another-scan``).
    """
    slices = _slices(scan, volume)
    votes = np.zeros(volume.shape, np.uint8)
    for reader in _by_reader(readings):
        votes += _outlined(reader, slices, volume.shape, readings.name)
    return votes >= agreement


def _by_reader(readings: Path) -> list[ElementTree.Element]:
    try:
        readers = ElementTree.parse(readings).getroot().findall("{*}readingSession")
    except (ElementTree.ParseError, OSError) as error:
        raise BadMasks(f"{readings.name} is not readable XML", hint="copy it again", code="bad-readings") from error
    if not readers:
        raise BadMasks(
            f"{readings.name} has no reading of a chest CT",
            hint="give the XML file of the CT series; LIDC-IDRI has others for radiographs",
            code="bad-readings",
        )
    return readers


def _slices(scan: Path, volume: CTVolume) -> dict[str, int]:
    """SOP instance → canonical slice."""
    dicom = volume.meta.dicom
    if dicom is None or not dicom.aligned or not _is_upright(scan):
        raise BadMasks(
            "the readings are drawn on axial DICOM slices, and the scan is not made of those",
            hint="give the series as LIDC-IDRI has it",
            code="readings-of-another-scan",
        )
    return {uid: k for k, uid in enumerate(dicom.sop_instance_uids)}


def _is_upright(scan: Path) -> bool:
    for file in sorted(scan.rglob("*")):
        try:
            header = pydicom.dcmread(file, specific_tags=["ImageOrientationPatient"], stop_before_pixels=True)
        except (InvalidDicomError, OSError):
            continue
        if "ImageOrientationPatient" in header:
            return np.allclose(header.ImageOrientationPatient, UPRIGHT, atol=0.01)
    return False


def _outlined(reader: ElementTree.Element, slices: dict[str, int], shape: tuple[int, int, int], file: str) -> Mask:
    """What one reader holds to be nodule."""
    inside, holes = np.zeros(shape, bool), np.zeros(shape, bool)
    for outline in reader.findall("{*}unblindedReadNodule/{*}roi"):
        uid = outline.findtext("{*}imageSOP_UID", "").strip()
        if uid not in slices:
            raise BadMasks(
                f"{file} outlines nodules on slices that the scan does not have",
                hint="give the readings of this very series",
                code="readings-of-another-scan",
            )
        included = outline.findtext("{*}inclusion", "").strip().upper() == "TRUE"
        _fill(outline, (inside if included else holes)[slices[uid]], file)
    return inside & ~holes


def _fill(outline: ElementTree.Element, plane: np.ndarray, file: str) -> None:
    """Set the pixels that an outline encloses, its own points not among them."""
    try:
        points = [
            (int(edge.findtext("{*}yCoord", "")), int(edge.findtext("{*}xCoord", "")))
            for edge in outline.findall("{*}edgeMap")
        ]
    except ValueError as error:
        raise BadMasks(f"{file} has an outline without coordinates", code="bad-readings") from error
    rows, columns = np.array(points, dtype=int).reshape(-1, 2).T
    enclosed = np.zeros(plane.shape, bool)
    enclosed[polygon(rows, columns, plane.shape)] = True
    within = (rows >= 0) & (rows < plane.shape[0]) & (columns >= 0) & (columns < plane.shape[1])
    enclosed[rows[within], columns[within]] = False
    plane |= enclosed
