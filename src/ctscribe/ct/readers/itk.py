"""NRRD and MetaImage, of scans and of masks. Each has its own header; the voxels come through ``payload``.

SimpleITK reads both, but returns half a scan from a truncated file without a word, and 1 mm for a voxel size that is
missing. The headers are short texts, so they are read here and what they leave unsaid is refused; the tests hold the
result against SimpleITK's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ctscribe.ct.canonical import assemble
from ctscribe.ct.readers.metaimage import metaimage_image
from ctscribe.ct.readers.nrrd import nrrd_image
from ctscribe.ct.readers.payload import MAX_RATIO, opened, read_voxels
from ctscribe.ct.volume import CTVolume, ScanMeta
from ctscribe.types import Affine


@dataclass(frozen=True, eq=False)
class ITKImage:
    """A file as it says it is: ``values`` of three axes, ``affine`` from their index to LPS mm, and the raw header."""

    format: Literal["nrrd", "metaimage"]
    values: np.ndarray
    affine: Affine
    header: bytes


def read_itk(path: str | Path) -> CTVolume:
    """Read a CT from .nrrd, .nhdr, .mha or .mhd; the content decides, not the name.

    Raises
    ------
    BadScan : what the header, the data or the values make impossible (``nrrd``, ``metaimage``, ``payload``,
        ``checks``).
    """
    image = read_itk_image(Path(path))
    return assemble(image.values, image.affine, ScanMeta(format=image.format))


def read_itk_image(path: Path, *, max_ratio: int = MAX_RATIO) -> ITKImage:
    """Read an NRRD or MetaImage file, whatever its values mean.

    Parameters
    ----------
    max_ratio : as for ``read_voxels``.

    Raises
    ------
    BadScan : what the header or the data make impossible (``nrrd``, ``metaimage``, ``payload``).
    """
    with opened(path) as file:
        is_nrrd = file.read(4) == b"NRRD"
        file.seek(0)
        stored = (nrrd_image if is_nrrd else metaimage_image)(path, file)
        start = file.tell()
        file.seek(0)
        header = file.read(start)
    with opened(stored.data_file or path) as file:
        file.seek(0 if stored.data_file else start)
        values = read_voxels(
            file,
            stored.shape,
            stored.dtype,
            stored.compression,
            skip=stored.skip,
            from_end=stored.from_end,
            max_ratio=max_ratio,
        )
    return ITKImage("nrrd" if is_nrrd else "metaimage", values, stored.affine, header)
