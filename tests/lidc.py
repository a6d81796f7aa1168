"""The real scan at 1.5 mm with its label map, read without the package's own reader."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import yaml

import ctscribe.anatomy
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, canonical_affine


def _canonical(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (z, y, x) toward Superior, Posterior, Left, and the LPS affine."""
    image = nib.as_closest_canonical(nib.load(path))
    voxels = np.ascontiguousarray(np.asarray(image.dataobj).transpose(2, 1, 0)[:, ::-1, ::-1])
    nx, ny, _ = image.shape
    right, anterior, inferior = (image.affine @ [nx - 1, ny - 1, 0, 1])[:3]
    sx, sy, sz = (float(step) for step in image.header.get_zooms())
    return voxels, canonical_affine((sz, sy, sx), (-float(right), -float(anterior), float(inferior)))


@cache
def lidc_scan(folder: Path, labels: str = "lidc0001_totalseg_1p5mm.nii.gz") -> tuple[CTVolume, LabelMap]:
    """The scan and one of its label maps; do not write into the arrays."""
    hu, affine = _canonical(folder / "lidc0001_ct_1p5mm.nii.gz")
    voxels, _ = _canonical(folder / labels)
    table = Path(ctscribe.anatomy.__file__).parent / "taxonomies" / "totalsegmentator.yaml"
    names = yaml.safe_load(table.read_text(encoding="utf-8"))
    return CTVolume(hu.astype(np.int16), affine), LabelMap(voxels.astype(np.uint8), names, affine, source="given")
