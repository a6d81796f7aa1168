"""NIfTI-1 and NIfTI-2, plain or gzipped, of scans and of masks. nibabel reads the header, ``payload`` the voxels.

NIfTI's world is RAS: x and y change sign on the way to LPS.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from isal import igzip
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from ctscribe.ct.canonical import assemble
from ctscribe.ct.readers.payload import COPY_AGAIN, DAMAGE, MAX_RATIO, opened, read_voxels
from ctscribe.ct.volume import CTVolume, ScanMeta
from ctscribe.errors import BadScan
from ctscribe.types import Affine

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""And back: it is its own inverse."""

LONGEST_HEADER = 540

MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""xyzt_units: unknown (taken as mm), metre, millimetre, micrometre."""

MAX_RESCALE = 1e6
"""Slope or intercept beyond which a header is damaged."""

AXIS_MISMATCH = 0.01
"""Relative difference between pixdim and the affine's columns from which a reader should know."""

MAX_EXTENSIONS = 2**20
"""Bytes of header extensions that are kept."""


@dataclass(frozen=True, eq=False)
class NiftiImage:
    """A file as it says it is.

    Parameters
    ----------
    values : three axes in the file's order, rescaled.
    affine : this array's index (i, j, k, 1) → LPS position (x, y, z, 1) in mm.
    extensions : what stands between the header and the voxels, unread.
    repairs, warnings : sentences on the geometry.
    """

    values: np.ndarray
    affine: Affine
    extensions: bytes
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]


def read_nifti(path: str | Path) -> CTVolume:
    """Read a CT from .nii or .nii.gz.

    Raises
    ------
    BadScan : what the header, the data or the values make impossible (``read_nifti_image``, ``checks``).
    """
    image = read_nifti_image(Path(path))
    meta = ScanMeta(format="nifti", repairs=image.repairs, warnings=image.warnings)
    return assemble(image.values, image.affine, meta)


def read_nifti_image(path: Path, *, max_ratio: int = MAX_RATIO) -> NiftiImage:
    """Read a NIfTI file, whatever its values mean.

    The sform is used where it is set, else the qform; scl_slope and scl_inter are applied once; a fourth axis is
    accepted when its length is 1.

    Parameters
    ----------
    max_ratio : as for ``read_voxels``.

    Raises
    ------
    BadScan : codes ``bad-header``, ``not-3d``, ``not-numeric``, ``bad-spacing``, ``bad-geometry``, ``no-geometry``, and
        those of ``read_voxels``.
    """
    with opened(path) as file:
        zipped = file.read(2) == b"\x1f\x8b"
        header = _header(_start(file, zipped, LONGEST_HEADER))
        shape, dtype, offset = _shape(header), _dtype(header), _offset(header)
        affine, repairs, warnings = _geometry(header)
        extensions = _start(file, zipped, min(offset, MAX_EXTENSIONS))[int(header["sizeof_hdr"]) :]
        file.seek(0)
        voxels = read_voxels(file, shape, dtype, "gzip" if zipped else "none", skip=offset, max_ratio=max_ratio)
    return NiftiImage(rescaled(voxels, *_scaling(header)), RAS_TO_LPS @ affine, extensions, repairs, warnings)


def rescaled(stored: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """``slope · stored + intercept``; integers stay integers where both are whole numbers."""
    if (slope, intercept) == (1.0, 0.0):
        return stored
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 4 and slope.is_integer() and intercept.is_integer():
        return stored.astype(np.int64) * int(slope) + int(intercept)
    return (stored * slope + intercept).astype(np.float32)


def _start(file: BufferedReader, zipped: bool, count: int) -> bytes:
    """The first bytes of the file, decompressed."""
    file.seek(0)
    try:
        return (igzip.IGzipFile(fileobj=file, mode="rb") if zipped else file).read(count)
    except EOFError as error:
        raise BadScan("the file is cut short within its header", hint=COPY_AGAIN, code="truncated") from error
    except DAMAGE as error:
        raise BadScan("the file is damaged: it cannot be decompressed", hint=COPY_AGAIN, code="damaged") from error


def _header(start: bytes) -> Nifti1Header:
    """The header by its magic word, in either byte order."""
    if len(start) < 348:
        raise BadScan("the file is cut short within its header", hint=COPY_AGAIN, code="truncated")
    if start[344:348] in (b"n+1\0", b"ni1\0"):
        kind, length = Nifti1Header, 348
    elif start[4:8] in (b"n+2\0", b"ni2\0") and len(start) == LONGEST_HEADER:
        kind, length = Nifti2Header, LONGEST_HEADER
    else:
        raise BadScan("the file is not NIfTI: its magic word is missing", hint=COPY_AGAIN, code="bad-header")
    # Four zeros in place of the extensions, which may hold anything and are not needed.
    header = kind.from_fileobj(io.BytesIO(start[:length] + bytes(4)), check=False)
    if start[344:347] == b"ni1" or start[4:7] == b"ni2":
        raise BadScan("the NIfTI header comes without its image", hint="give a .nii or .nii.gz file", code="bad-header")
    if int(header["sizeof_hdr"]) not in (348, 540):
        raise BadScan("the NIfTI header is damaged: its length is wrong", hint=COPY_AGAIN, code="bad-header")
    return header


def _shape(header: Nifti1Header) -> tuple[int, ...]:
    dim = [int(n) for n in header["dim"]]
    if not 1 <= dim[0] <= 7:
        raise BadScan(f"the NIfTI header gives {dim[0]} dimensions", hint=COPY_AGAIN, code="bad-header")
    shape = dim[1 : dim[0] + 1]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    if len(shape) != 3:
        said = "×".join(str(n) for n in shape)
        raise BadScan(
            f"the NIfTI file holds {said} voxels, a scan has three axes", hint="give one volume of it", code="not-3d"
        )
    return tuple(shape)


def _dtype(header: Nifti1Header) -> np.dtype:
    try:
        dtype = header.get_data_dtype()
    except KeyError as error:
        raise BadScan("the NIfTI header names an unknown voxel type", hint=COPY_AGAIN, code="bad-header") from error
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise BadScan(f"the voxels are of type {dtype}, not single numbers", code="not-numeric")
    return dtype


def _offset(header: Nifti1Header) -> int:
    offset = float(header["vox_offset"])
    if not offset.is_integer() or not int(header["sizeof_hdr"]) <= offset < 2**31:
        raise BadScan(f"the NIfTI header places the voxels at byte {offset:g}", hint=COPY_AGAIN, code="bad-header")
    return int(offset)


def _scaling(header: Nifti1Header) -> tuple[float, float]:
    """Slope and intercept; a slope of zero or NaN means that the values are as stored (code ``bad-header``)."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    if abs(slope) > MAX_RESCALE or abs(intercept) > MAX_RESCALE:
        raise BadScan(
            f"the NIfTI header rescales its values by {slope:g} and {intercept:g}", hint=COPY_AGAIN, code="bad-header"
        )
    return slope, intercept if np.isfinite(intercept) else 0.0


@np.errstate(invalid="ignore")  # a NaN may be of the signalling kind
def _geometry(header: Nifti1Header) -> tuple[Affine, tuple[str, ...], tuple[str, ...]]:
    """Index → RAS mm, with what was mended and what to be warned of."""
    sizes = np.abs(np.asarray(header["pixdim"], dtype=np.float64)[1:4])
    if not (np.isfinite(sizes).all() and sizes.min() > 0):
        said = " × ".join(f"{s:g}" for s in sizes)
        raise BadScan(f"the voxel size is {said} mm", hint="correct pixdim in the header", code="bad-spacing")
    if int(header["sform_code"]) > 0:
        affine = header.get_sform()
    elif int(header["qform_code"]) > 0:
        try:
            affine = header.get_qform()
        except ValueError as error:
            raise BadScan("the NIfTI header's rotation is not one", hint=COPY_AGAIN, code="bad-geometry") from error
    else:
        raise BadScan(
            "the NIfTI header has neither sform nor qform: left and right are unknown",
            hint="convert the DICOM series again, with dcm2niix for instance",
            code="no-geometry",
        )
    affine = np.asarray(affine, dtype=np.float64)
    warnings = ()
    columns = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.allclose(columns, sizes, rtol=AXIS_MISMATCH):
        warnings = ("The NIfTI header gives two voxel sizes; the affine's was used, not pixdim.",)
    unit = int(header["xyzt_units"]) & 7
    if unit not in MM_PER_UNIT:
        raise BadScan(f"the NIfTI header counts length in an unknown unit ({unit})", code="bad-header")
    factor = MM_PER_UNIT[unit]
    repairs = () if factor == 1 else (f"The file's geometry was converted to mm from units of {factor:g} mm.",)
    return np.diag([factor, factor, factor, 1.0]) @ affine, repairs, warnings
