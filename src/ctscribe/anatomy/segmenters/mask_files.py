"""One file of masks as an array of labels with its geometry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctscribe.anatomy.segmenters.name_tables import nifti_names, slicer_names
from ctscribe.ct.readers.itk import read_itk_image
from ctscribe.ct.readers.nifti import read_nifti_image
from ctscribe.errors import BadMasks, BadScan
from ctscribe.types import Affine

NIFTI_SUFFIXES = (".nii", ".nii.gz")
ITK_SUFFIXES = (".nrrd", ".nhdr", ".mha", ".mhd")

MAX_RATIO = 1100
"""Deflate packs a thousand equal bytes into one: an empty mask is no bomb."""

LARGEST_LABEL = np.iinfo(np.uint16).max

SAVE_AGAIN = "save or copy the masks again"

CODES = {"not-3d": "masks-not-3d", "not-numeric": "masks-not-labels"}
"""What is wrong with an image → what is wrong with it as masks; all else makes them unreadable."""


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
    try:
        if path.name.lower().endswith(NIFTI_SUFFIXES):
            image = read_nifti_image(path, max_ratio=MAX_RATIO)
            names = nifti_names(image.extensions)
        else:
            image = read_itk_image(path, max_ratio=MAX_RATIO)
            names = slicer_names(image.header)
    except BadScan as error:
        code = CODES.get(error.code, "unreadable-masks")
        raise BadMasks(f"{path.name} cannot be read: {error.message}", hint=SAVE_AGAIN, code=code) from error
    if not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine[:3, :3])) < 1e-6:
        why = "its header gives no voxel size or no position"
        raise BadMasks(f"{path.name} cannot be read: {why}", hint=SAVE_AGAIN, code="unreadable-masks")
    return MaskImage(as_labels(image.values, path.name), image.affine, path.name, names)


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
