"""NRRD and MetaImage. Each has its own header; the voxels come through ``payload``.

SimpleITK reads both, but returns half a scan from a truncated file without a word, and 1 mm for a voxel size that is
missing. The headers are short texts, so they are read here and what they leave unsaid is refused; the tests hold the
result against SimpleITK's.
"""

from __future__ import annotations

from pathlib import Path

from ctscribe.ct.canonical import assemble
from ctscribe.ct.readers.metaimage import metaimage_image
from ctscribe.ct.readers.nrrd import nrrd_image
from ctscribe.ct.readers.payload import opened, read_voxels
from ctscribe.ct.volume import CTVolume, ScanMeta


def read_itk(path: str | Path) -> CTVolume:
    """Read a CT from .nrrd, .nhdr, .mha or .mhd; the content decides, not the name.

    Raises
    ------
    BadScan : what the header, the data or the values make impossible (``nrrd``, ``metaimage``, ``payload``,
        ``checks``).
    """
    path = Path(path)
    with opened(path) as file:
        is_nrrd = file.read(4) == b"NRRD"
        file.seek(0)
        image = (nrrd_image if is_nrrd else metaimage_image)(path, file)
        start = file.tell()
    with opened(image.data_file or path) as file:
        file.seek(0 if image.data_file else start)
        voxels = read_voxels(
            file, image.shape, image.dtype, image.compression, skip=image.skip, from_end=image.from_end
        )
    return assemble(voxels, image.affine, ScanMeta(format="nrrd" if is_nrrd else "metaimage"))
