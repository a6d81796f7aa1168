"""A label map as files: organs as multi-label NIfTI, lesions beside them, names as JSON.

``masks.nii.gz`` holds the organs, ``masks.json`` their names and everything else that a label map knows, and
``masks_lesions.nii.gz`` the lesion masks, when any kind was looked for. Lesions may coincide (a nodule in a
consolidation); such voxels have a label of their own, named ``consolidation+lung_nodule``.

The grid is the canonical one: its array may run another way than the scan's file, but its affine puts every voxel where
it lies in the patient, so that a viewer lays the masks over the original scan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np
from isal import igzip

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.readers.nifti import RAS_TO_LPS
from ctscribe.errors import BadInput
from ctscribe.files import write_atomically
from ctscribe.types import Affine, Labels, Mask

COMPRESSION = 1
"""isal's level, of 0 to 3."""


def write_labelmap(labelmap: LabelMap, path: Path) -> tuple[Path, ...]:
    """Write a label map so that ``UserMasks`` reads it back as it is; ``detections`` alone are not kept.

    Parameters
    ----------
    path : ``….nii.gz`` or ``….nii``; files of these names are replaced, all or none.

    Returns
    -------
    The files, organs first.

    Raises
    ------
    BadInput : another suffix (``unknown-mask-format``).
    CTScribeError : the files cannot be written.
    """
    stem, suffix = checked_name(path)
    content = {
        "names": {str(label): name for label, name in labelmap.names.items()},
        "source": labelmap.source,
        "approximate": sorted(labelmap.approximate),
        "confidence": dict(labelmap.confidence),
        "notes": list(labelmap.notes),
    }
    images = {path: nifti_bytes(labelmap.labels, labelmap.affine)}
    if labelmap.lesions:
        labels, names = lesion_labels(labelmap.lesions)
        content["lesions"] = {str(label): name for label, name in names.items()}
        images[path.with_name(f"{stem}_lesions{suffix}")] = nifti_bytes(labels, labelmap.affine)
    files = {file: _zipped(image) if suffix.endswith("gz") else image for file, image in images.items()}
    files[path.with_name(f"{stem}.json")] = json.dumps(content, indent=1, ensure_ascii=False).encode()
    write_atomically(files)
    return tuple(files)


def checked_name(path: Path) -> tuple[str, str]:
    """Stem and suffix of a file that masks can be written to; worth asking before a long segmentation.

    Raises
    ------
    BadInput : the suffix is not NIfTI's (``unknown-mask-format``).
    """
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    suffix = path.name[len(stem) :]
    if suffix not in (".nii", ".nii.gz") or not stem:
        raise BadInput(
            f"masks are written as NIfTI, not as {path.name}", hint="end in .nii.gz", code="unknown-mask-format"
        )
    return stem, suffix


def lesion_labels(lesions: Mapping[str, Mask]) -> tuple[Labels, dict[int, str]]:
    """Lesion masks as one array: every kind has a label, and so has every set of kinds that coincide somewhere."""
    kinds = sorted(lesions)
    sets = np.zeros(next(iter(lesions.values())).shape, dtype=np.uint8)
    for bit, kind in enumerate(kinds):
        sets |= lesions[kind].astype(np.uint8) << bit
    alone = [1 << bit for bit in range(len(kinds))]
    together = [int(value) for value in np.unique(sets) if value and int(value) not in alone]
    table = np.zeros(256, dtype=np.uint8)
    names = {}
    for label, value in enumerate([*alone, *together], start=1):
        table[value] = label
        names[label] = "+".join(kind for bit, kind in enumerate(kinds) if value >> bit & 1)
    return table[sets], names


def nifti_bytes(array: np.ndarray, affine: Affine) -> bytes:
    """An array (z, y, x) with its LPS affine as an uncompressed NIfTI-1 file in RAS, axes (x, y, z)."""
    to_world = RAS_TO_LPS @ affine @ np.eye(4)[:, [2, 1, 0, 3]]
    image = nib.Nifti1Image(array.T, to_world)
    image.header.set_xyzt_units("mm")
    image.set_sform(to_world, "scanner")
    image.set_qform(to_world, "scanner")
    return image.to_bytes()


def write_nifti(array: np.ndarray, affine: Affine, path: Path) -> None:
    """Write an array (z, y, x) with its LPS affine as ``.nii.gz``."""
    write_atomically({path: _zipped(nifti_bytes(array, affine))})


def _zipped(content: bytes) -> bytes:
    return igzip.compress(content, COMPRESSION, mtime=0)
