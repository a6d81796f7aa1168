"""Label maps of the chest phantom as the files that people keep masks in. Written with nibabel, not with ctscribe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np

RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def save_nifti(
    values: np.ndarray,
    affine: np.ndarray,
    path: Path,
    *,
    axes: tuple[int, int, int] = (2, 1, 0),
    flips: tuple[bool, bool, bool] = (False, False, False),
    names: Mapping[int, str] | None = None,
) -> Path:
    """Values on a canonical grid (z, y, x), its LPS affine, stored with the axes in any order and direction.

    ``names`` go into the header as TotalSegmentator puts them there.
    """
    stored = values.transpose(axes)
    matrix = np.column_stack([affine[:, axes], affine[:, 3]])
    for axis, flip in enumerate(flips):
        if flip:
            stored = np.flip(stored, axis)
            matrix[:, 3] += matrix[:, axis] * (stored.shape[axis] - 1)
            matrix[:, axis] *= -1
    image = nib.Nifti1Image(stored, RAS @ matrix)
    if names:
        labels = "".join(
            f'<Label Key="{label}" Red="1.0"><![CDATA[{name}]]></Label>\n' for label, name in names.items()
        )
        image.header.extensions.append(nib.nifti1.Nifti1Extension(0, f"<LabelTable>\n{labels}</LabelTable>".encode()))
    nib.save(image, path)
    return path


def save_folder(masks: Mapping[str, np.ndarray], affine: np.ndarray, folder: Path) -> Path:
    """One file a mask, as TotalSegmentator writes them by default."""
    folder.mkdir(exist_ok=True)
    for name, mask in masks.items():
        save_nifti(mask.astype(np.uint8), affine, folder / f"{name}.nii.gz")
    return folder
