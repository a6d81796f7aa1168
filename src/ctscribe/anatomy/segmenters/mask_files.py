"""One file of masks as an array of labels with its geometry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from isal import igzip
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from ctscribe.anatomy.segmenters.name_tables import header_names, slicer_names
from ctscribe.ct.checks import check_size
from ctscribe.ct.readers.metaimage import metaimage_image
from ctscribe.ct.readers.nrrd import nrrd_image
from ctscribe.ct.readers.payload import DAMAGE, opened, read_voxels
from ctscribe.errors import BadMasks, BadScan
from ctscribe.types import Affine

NIFTI_SUFFIXES = (".nii", ".nii.gz")
ITK_SUFFIXES = (".nrrd", ".nhdr", ".mha", ".mhd")

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

LONGEST_HEADER = 540

MAX_RATIO = 1100
"""Deflate packs a thousand equal bytes into one: an empty mask is no bomb."""

LARGEST_LABEL = np.iinfo(np.uint16).max

SAVE_AGAIN = "save or copy the masks again"


@dataclass(frozen=True, eq=False)
class MaskImage:
    """Labels on a grid of their own.

    Parameters
    ----------
    labels : uint8 or uint16, three axes in any order.
    affine : this array's index (i, j, k, 1) → LPS position (x, y, z, 1) in mm.
    file : name of the file, for messages.
    names : label id → name as the file itself gives it; empty when it gives none.
    """

    labels: np.ndarray
    affine: Affine
    file: str
    names: dict[int, str]


def is_mask_file(path: Path) -> bool:
    """Whether a file's name is that of an image format in which masks are kept."""
    return path.name.lower().endswith((*NIFTI_SUFFIXES, *ITK_SUFFIXES))


def read_mask_image(path: Path) -> MaskImage:
    """Read a NIfTI, NRRD or MetaImage file of labels.

    Raises
    ------
    BadMasks : the file is damaged, cut short or has no position (``unreadable-masks``), is not three-dimensional
        (``masks-not-3d``), or its values are not labels (``masks-not-labels``).
    """
    return _read_nifti(path) if path.name.lower().endswith(NIFTI_SUFFIXES) else _read_itk(path)


def as_labels(values: np.ndarray, file: str) -> np.ndarray:
    """Whole numbers from 0 to 65,535 in the smallest type that holds them, whatever type they were stored in."""
    if values.ndim > 3 and values.shape[3:] == (1,) * (values.ndim - 3):
        values = values.reshape(values.shape[:3])
    if values.ndim != 3:
        raise BadMasks(
            f"{file} has {values.ndim} dimensions, masks have three",
            hint="save one label map, or one file a class",
            code="masks-not-3d",
        )
    if values.size == 0 or values.dtype.kind not in "uifb":
        raise BadMasks(f"{file} does not hold numbers", hint=SAVE_AGAIN, code="masks-not-labels")
    if values.dtype == np.uint8:
        return values
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= LARGEST_LABEL):
        raise BadMasks(
            f"{file} holds values from {low:g} to {high:g}; labels are whole numbers from 0",
            hint="is this the scan rather than its masks?",
            code="masks-not-labels",
        )
    labels = values.astype(np.uint8 if high <= np.iinfo(np.uint8).max else np.uint16)
    if values.dtype.kind == "f" and not np.array_equal(labels, values):
        raise BadMasks(
            f"{file} holds fractions, such as probabilities, not labels",
            hint="threshold them first",
            code="masks-not-labels",
        )
    return labels


def _read_nifti(path: Path) -> MaskImage:
    try:
        content = _nifti_bytes(path)
        kind = nib.Nifti1Image if content[344:348] == b"n+1\0" else nib.Nifti2Image
        image = kind.from_bytes(content)
        values = np.asarray(image.dataobj)
        affine = RAS_TO_LPS @ np.asarray(image.affine, dtype=np.float64)
    except BadScan as error:
        raise _unreadable(path, error.message) from error
    except (*DAMAGE, EOFError, KeyError, ImageFileError, HeaderDataError) as error:
        raise _unreadable(path, "it is cut short or damaged") from error
    if not (image.header["sform_code"] or image.header["qform_code"]):
        raise _unreadable(path, "its header has neither sform nor qform")
    _check_affine(affine, path)
    names = header_names(extension.get_content() for extension in image.header.extensions)
    return MaskImage(as_labels(values, path.name), affine, path.name, names)


def _nifti_bytes(path: Path) -> bytes:
    """The uncompressed file: as many bytes as its header announces, with the checksum of a compressed one verified."""
    with path.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream = igzip.IGzipFile(fileobj=plain, mode="rb") if zipped else plain
        start = stream.read(LONGEST_HEADER)
        kind = nib.Nifti1Header if start[344:348] == b"n+1\0" else nib.Nifti2Header
        if len(start) < kind.sizeof_hdr:
            raise EOFError
        header = kind(start[: kind.sizeof_hdr], check=False)
        if not np.asarray(header["pixdim"], dtype=np.float64)[1:4].min() > 0:
            raise HeaderDataError("no voxel size")
        itemsize = header.get_data_dtype().itemsize
        check_size(header.get_data_shape(), itemsize)
        size = int(header["vox_offset"]) + int(np.prod(header.get_data_shape(), dtype=np.int64)) * itemsize
        rest = stream.read(size - len(start))
        if len(start) + len(rest) < size or stream.read(1):
            raise EOFError
    return start + rest


def _check_affine(affine: Affine, path: Path) -> None:
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-6:
        raise _unreadable(path, "its header gives no voxel size or no position")


def _unreadable(path: Path, why: str) -> BadMasks:
    return BadMasks(f"{path.name} cannot be read: {why}", hint=SAVE_AGAIN, code="unreadable-masks")


def _read_itk(path: Path) -> MaskImage:
    try:
        with opened(path) as file:
            is_nrrd = file.read(4) == b"NRRD"
            file.seek(0)
            image = (nrrd_image if is_nrrd else metaimage_image)(path, file)
            start = file.tell()
            file.seek(0)
            names = slicer_names(file.read(start)) if is_nrrd else {}
        with opened(image.data_file or path) as file:
            file.seek(0 if image.data_file else start)
            values = read_voxels(
                file,
                image.shape,
                image.dtype,
                image.compression,
                skip=image.skip,
                from_end=image.from_end,
                max_ratio=MAX_RATIO,
            )
    except BadScan as error:
        raise _unreadable(path, error.message) from error
    return MaskImage(as_labels(values, path.name), image.affine, path.name, names)
