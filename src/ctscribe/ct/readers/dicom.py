"""A folder of DICOM files → one CT volume in Hounsfield units.

Headers are read once, without pixels; a series is chosen; its planes are put in order by their positions; only then are
pixels read, straight from the files where they are not compressed.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from ctscribe.ct.canonical import assemble
from ctscribe.ct.readers import tags
from ctscribe.ct.readers.choice import SeriesSummary, choose_series, summarise
from ctscribe.ct.readers.frames import CT_IMAGES, Frame, frames_of
from ctscribe.ct.readers.instances import read_instance
from ctscribe.ct.readers.pixels import check_pixels, hounsfield, stored_planes
from ctscribe.ct.readers.series import Series, group_series
from ctscribe.ct.readers.stacking import Stack, stack_frames
from ctscribe.ct.volume import CTVolume, DicomReferences, ScanMeta
from ctscribe.errors import BadScan

MAX_FILES = 100_000
"""More than any study has: the folder of a whole disk was given."""

SPARSE = 0.75
"""Slices thinner than this fraction of their distance leave gaps between them."""

NOT_GIVEN = ("NONE", "NO", "N/A", "NA", "WITHOUT", "W/O", "UNENHANCED", "0")
"""First words of a ContrastBolusAgent that says there was none."""


def read_dicom(scan: Path, *, series: str | None = None, allow_gaps: bool = False, identity: bool = False) -> CTVolume:
    """The chest CT of a folder, searched with its subfolders, or of one multi-frame file.

    Parameters
    ----------
    series : SeriesInstanceUID, the end of one, or series number, instead of the one chosen by rule.
    allow_gaps : interpolate a few missing slices instead of refusing.
    identity : keep the patient's identity in ``meta.dicom.patient``.

    Raises
    ------
    BadScan : with the code of what is wrong.
    """
    frames, ignored = _find_frames(scan, identity=identity)
    found = group_series(frames)
    chosen, sentence = choose_series(found, series)
    _check_places(chosen)
    volume = chosen.volume
    check_pixels(volume.frames)
    left_out = f" ({volume.left_out[0].rstrip('.')})" if volume.left_out else ""
    stack = stack_frames(volume.frames, allow_gaps=allow_gaps, left_out=left_out)
    repairs = ((sentence,) if len(found) > 1 else ()) + stack.repairs
    meta = _meta(stack, repairs, (*volume.left_out, *_warnings(stack, ignored)))
    return assemble(_voxels(stack), stack.affine, meta)


def list_dicom_series(scan: Path, series: str | None = None) -> tuple[SeriesSummary, ...]:
    """The series of a folder or file, by series number; the one that ``read_dicom`` would read is marked."""
    frames, _ = _find_frames(scan, identity=False)
    return summarise(group_series(frames), series)


def _find_frames(scan: Path, *, identity: bool) -> tuple[list[Frame], int]:
    """Every image plane under a path, and how many files are no DICOM."""
    below = (p for p in scan.rglob("*") if p.is_file()) if scan.is_dir() else [scan]
    files = sorted(islice(below, MAX_FILES + 1))
    if not files:
        raise BadScan("the folder is empty", hint="give the folder that holds the scan", code="empty-folder")
    if len(files) > MAX_FILES:
        raise BadScan(f"the folder holds more than {MAX_FILES} files", hint="give one study", code="too-many-files")
    instances = [read_instance(p, f"file {i} of {len(files)}", identity=identity) for i, p in enumerate(files, 1)]
    known = [instance for instance in instances if instance is not None]
    if not known:
        raise BadScan(
            f"none of the {len(files)} files in the folder is DICOM" if scan.is_dir() else "the file is not DICOM",
            hint="give the folder that holds the DICOM files, or one NIfTI, NRRD or MetaImage file",
            code="no-dicom",
        )
    frames = [frame for instance in known for frame in frames_of(instance)]
    if len(frames) == 1 and not scan.is_dir():
        raise BadScan(
            "the file is a single slice of a series",
            hint="give the folder that holds the whole series",
            code="single-slice",
        )
    return frames, len(files) - len(known)


def _check_places(series: Series) -> None:
    """Refuse a series in which an image's place is not known; a scout view's does not matter."""
    for frame in series.frames:
        if frame.is_placed or frame.is_localizer or frame.instance.sop_class_uid not in CT_IMAGES:
            continue
        if frame.position is None or frame.axes is None:
            what, code = "image position or no usable image orientation", "no-position"
        else:
            what, code = "usable pixel spacing", "no-pixel-spacing"
        raise BadScan(f"{frame.place} has no {what}", hint="export the original CT series", code=code)


def _warnings(stack: Stack, ignored: int) -> list[str]:
    """What limits the scan without making it unusable."""
    said = []
    frame, step = stack.frames[0], float(np.linalg.norm(stack.affine[:3, 0]))
    if frame.thickness_mm and frame.thickness_mm < SPARSE * step:
        said.append(f"Slices {frame.thickness_mm:g} mm thick lie {step:g} mm apart: what is between them is not seen.")
    if any(tags.text(f.instance.header, "LossyImageCompression") == "01" for f in stack.frames):
        said.append("The images were compressed with loss, which changes their Hounsfield units.")
    if ignored:
        said.append(f"{ignored} other {'file' if ignored == 1 else 'files'} in the folder not read.")
    return said


def _voxels(stack: Stack) -> np.ndarray:
    """HU (slot, row, column), gaps filled in between their neighbours."""
    planes = [
        hounsfield(stored, frame) for stored, frame in zip(stored_planes(stack.frames), stack.frames, strict=True)
    ]
    if stack.depth == len(planes):
        return np.stack(planes)
    filled: list[np.ndarray] = []
    for slot in range(stack.depth):
        above = int(np.searchsorted(stack.slots, slot))
        low, high = stack.slots[max(above - 1, 0)], stack.slots[above]
        if high == slot:
            filled.append(planes[above])
        else:
            weight = (slot - low) / (high - low)
            between = planes[above - 1] * (1 - weight) + planes[above] * weight
            filled.append(np.rint(between).astype(planes[above].dtype))
    return np.stack(filled)


def _meta(stack: Stack, repairs: tuple[str, ...], warnings: tuple[str, ...]) -> ScanMeta:
    frame = stack.frames[0]
    header = frame.instance.header
    agent = tags.text(header, "ContrastBolusAgent").upper()
    given = bool(tags.items(header, "ContrastBolusAgentSequence")) or (agent != "" and not agent.startswith(NOT_GIVEN))
    numbers = tuple(f.number for f in stack.frames if f.number is not None)
    return ScanMeta(
        format="dicom",
        slice_thickness_mm=frame.thickness_mm,
        contrast=True if given else None,
        kvp=frame.kvp,
        kernel=frame.kernel or None,
        manufacturer=tags.text(header, "Manufacturer") or None,
        repairs=repairs,
        warnings=warnings,
        dicom=DicomReferences(
            study_instance_uid=tags.text(header, "StudyInstanceUID"),
            series_instance_uid=frame.instance.series_instance_uid,
            frame_of_reference_uid=tags.text(header, "FrameOfReferenceUID"),
            sop_class_uid=frame.instance.sop_class_uid,
            sop_instance_uids=tuple(f.instance.sop_instance_uid for f in stack.frames),
            frame_numbers=numbers if len(numbers) == len(stack.frames) else None,
            aligned=stack.depth == len(stack.frames),
            patient=frame.instance.patient,
        ),
    )
