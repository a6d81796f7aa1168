"""Masks as DICOM Segmentation objects: binary, fractional and label map."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import yaml
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import RTStructureSetStorage

from ctscribe.anatomy.segmenters.class_names import Meaning, claim_order, meaning_of
from ctscribe.anatomy.segmenters.mask_files import MaskImage
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadMasks

HALF = 0.5
"""A fractional segment covers the voxels that it holds to at least this part, or with this probability."""

_UNREADABLE = (InvalidDicomError, OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, RuntimeError)


def is_dicom(path: Path) -> bool:
    """Whether a file can be opened and has DICOM's magic word."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def segmentation_files(folder: Path) -> list[Path]:
    """The segmentation objects of a folder; the images that they were drawn on may lie beside them.

    Raises
    ------
    BadMasks : there is none (``no-masks-in-folder``), or an RT structure set instead (``rt-structure-set``).
    """
    classes = {path: _sop_class(path) for path in sorted(folder.iterdir()) if path.is_file() and is_dicom(path)}
    found = [path for path, uid in classes.items() if uid in hd.seg.SOP_CLASS_UIDS]
    if not found:
        _refuse_structure_set(classes.values())
        raise BadMasks(
            "the folder holds neither mask images nor DICOM segmentations",
            hint="give a folder with one NIfTI file a class, or the segmentation object itself",
            code="no-masks-in-folder",
        )
    return found


def read_segmentation(path: Path, volume: CTVolume) -> Iterator[tuple[MaskImage, dict[int, str]]]:
    """The segments of one object: organs in one piece, whatever may overlap them in a piece of its own.

    A segment is named by its label, or by its SNOMED CT codes where the label is no known name.

    Raises
    ------
    BadMasks : not a segmentation, damaged, or drawn in another frame of reference than the scan's.
    """
    _refuse_structure_set([_sop_class(path)])
    with _reading(path):
        segmentation = hd.seg.segread(path)
        _check_length(segmentation)
        numbers = [number for number in segmentation.segment_numbers if number > 0]
        names = {number: segment_name(segmentation, number) for number in numbers}
    _check_reference(segmentation, volume)
    for numbers in _pieces(segmentation, names):
        with _reading(path):
            image = _piece(segmentation, numbers, path)
        yield image, {number: names[number] for number in numbers}


def segment_name(segmentation: hd.seg.Segmentation, number: int) -> str:
    """What a segment is called: its label if that is a known name, else what its codes mean, else its label."""
    description = segmentation.get_segment_description(number)
    label = str(description.segment_label)
    return label if meaning_of(label) else _coded_name(description) or label


@cache
def _codes() -> dict[str, dict[str, str]]:
    page = resources.files("ctscribe.anatomy.segmenters") / "snomed.yaml"
    return yaml.safe_load(page.read_text(encoding="utf-8"))


def _coded_name(description: Dataset) -> str | None:
    kind = _first(description, "SegmentedPropertyTypeCodeSequence")
    region = _first(description, "AnatomicRegionSequence")
    modifiers = (
        _first(kind, "SegmentedPropertyTypeModifierCodeSequence"),
        _first(region, "AnatomicRegionModifierSequence"),
    )
    side = next((_codes()["sides"][code] for code in map(_code, modifiers) if code in _codes()["sides"]), None)
    lesions = _codes()["lesions"]
    lesion = lesions.get(f"{_code(kind)} {_code(region)}") or lesions.get(_code(kind))
    if lesion:
        return lesion
    structure = _codes()["structures"].get(_code(kind), "")
    if not structure or ("{side}" in structure and side is None):
        return None
    return structure.format(side=side)


def _first(item: Dataset | None, sequence: str) -> Dataset | None:
    found = item.get(sequence) if item is not None else None
    return found[0] if found else None


def _code(item: Dataset | None) -> str:
    return str(item.get("CodeValue", "")) if item is not None else ""


def _pieces(segmentation: hd.seg.Segmentation, names: dict[int, str]) -> Iterator[list[int]]:
    """Segment numbers that can be read in one go: structures with the same claim, in the order of their claims."""
    together: dict[int, list[int]] = {}
    alone: list[int] = []
    for number, name in names.items():
        meaning = meaning_of(name) or Meaning()
        if meaning.lesions or _is_fractional(segmentation):
            alone.append(number)
        else:
            together.setdefault(claim_order(meaning), []).append(number)
    yield from (together[claim] for claim in sorted(together))
    yield from ([number] for number in alone)


def _piece(segmentation: hd.seg.Segmentation, numbers: list[int], path: Path) -> MaskImage:
    if _is_fractional(segmentation):
        found = segmentation.get_volume(segment_numbers=numbers)
        labels = np.where(found.array[..., 0] >= HALF, numbers[0], 0)
    else:
        found = segmentation.get_volume(segment_numbers=numbers, combine_segments=True, skip_overlap_checks=True)
        labels = found.array
    small = np.uint8 if max(numbers) <= np.iinfo(np.uint8).max else np.uint16
    return MaskImage(labels.astype(small), np.asarray(found.affine, dtype=np.float64), path.name, {})


def _is_fractional(segmentation: hd.seg.Segmentation) -> bool:
    return segmentation.segmentation_type == hd.seg.SegmentationTypeValues.FRACTIONAL


def _check_reference(segmentation: hd.seg.Segmentation, volume: CTVolume) -> None:
    """A segmentation of a DICOM scan must name its series, or at least share its frame of reference."""
    scan = volume.meta.dicom
    if scan is None:
        return
    series = {item.get("SeriesInstanceUID") for item in segmentation.get("ReferencedSeriesSequence", [])}
    frame_of_reference = segmentation.get("FrameOfReferenceUID")
    if scan.series_instance_uid in series or frame_of_reference == scan.frame_of_reference_uid:
        return
    raise BadMasks(
        "the segmentation was drawn on another series, in another frame of reference",
        hint="give the segmentation of this series, or read the series it was drawn on with --series",
        code="masks-of-another-scan",
    )


def _check_length(segmentation: hd.seg.Segmentation) -> None:
    """Uncompressed pixels must all be there before anything is allocated for them."""
    if segmentation.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    pixels = segmentation.Rows * segmentation.Columns * int(segmentation.NumberOfFrames)
    needed = (pixels * segmentation.BitsAllocated + 7) // 8
    if len(segmentation.PixelData) < needed:
        raise ValueError("pixel data are cut short")


def _sop_class(path: Path) -> str | None:
    try:
        with _reading(path):
            return str(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).SOPClassUID)
    except BadMasks:
        return None


def _refuse_structure_set(sop_classes: Iterable[str | None]) -> None:
    if RTStructureSetStorage in sop_classes:
        raise BadMasks(
            "an RT structure set holds contours, not masks",
            hint="convert it to NIfTI or DICOM SEG first",
            code="rt-structure-set",
        )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Errors become a refusal; pydicom's warnings, which may quote the header, are kept quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _UNREADABLE as error:
        raise BadMasks(
            f"{path.name} is not a DICOM segmentation that can be read as a volume",
            hint="the file may be damaged, or its frames are not a stack of parallel, evenly spaced planes",
            code="unreadable-masks",
        ) from error
