"""What makes an array of numbers unusable as a CT in Hounsfield units, found and named.

Nothing is rescaled here: a scan whose numbers are not Hounsfield units is refused with the reason, because a wrong
guess would put wrong densities into the report. Only what cannot change a measurement is mended (NaN, padding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ctscribe.ct.scale import check_hounsfield
from ctscribe.errors import BadScan

AIR = -1024
"""Hounsfield unit given to voxels that hold nothing: the low end of the 12-bit scale."""

MAX_VOXELS = 2**31
MIN_VOXELS = 8
"""Fewest voxels along any axis: less is a localizer or a fragment."""

FARTHEST_MM = 1e5

MIN_SPACING_MM, MAX_SPACING_MM, MAX_IN_PLANE_MM = 0.1, 20.0, 5.0

ABSURD_HU = 1e6
"""What lies beyond is no value that a scanner wrote, and is treated like NaN."""

NAN_WARNED, NAN_REFUSED = 0.001, 0.5
PADDING_SAID = 0.001
"""Fractions of voxels above which unusable values are warned of or refused, and padding is mentioned."""


@dataclass(frozen=True, eq=False)
class CheckedValues:
    """Voxels that may be trusted to be HU, int16 or float32, with what was mended and what to be warned of."""

    hu: np.ndarray
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]


def check_size(shape: tuple[int, ...], itemsize: int, available_bytes: int | None = None) -> None:
    """Hold a header's dimensions against sense and against the bytes there are, before anything is allocated.

    Parameters
    ----------
    shape : voxels along each axis, as the header says.
    itemsize : bytes of a stored voxel.
    available_bytes : bytes that the file holds for voxels; ``None`` when they are compressed.

    Raises
    ------
    BadScan : codes ``bad-dimensions``, ``too-large``, ``truncated``.
    """
    if any(n < 1 for n in shape):
        raise BadScan(f"the header gives the dimensions {_times(shape)}", code="bad-dimensions")
    voxels = math.prod(shape)
    if voxels > MAX_VOXELS:
        raise BadScan(
            f"the header announces {_times(shape)} voxels, more than any CT scan holds",
            hint="the header is damaged, or this is not one scan",
            code="too-large",
        )
    if available_bytes is not None and voxels * itemsize > available_bytes:
        raise BadScan(
            f"the file is cut short: {_times(shape)} voxels are {voxels * itemsize} bytes, {available_bytes} are there",
            hint="copy or export the scan again",
            code="truncated",
        )


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse arrays that are not one volume (codes ``not-3d``, ``too-few-slices``, ``too-large``)."""
    if len(shape) != 3:
        raise BadScan(
            f"the scan has {len(shape)} dimensions ({_times(shape)}), a volume has 3",
            hint="give one volume of the series",
            code="not-3d",
        )
    if min(shape) < MIN_VOXELS:
        raise BadScan(
            f"the scan has {_times(shape)} voxels, at least {MIN_VOXELS} are needed along each axis",
            hint="give the whole series; a localizer or a few slices are not enough",
            code="too-few-slices",
        )
    check_size(shape, 1)


def check_affine(affine: np.ndarray) -> None:
    """Refuse a geometry that maps no voxel anywhere sensible (codes ``bad-geometry``, ``bad-spacing``)."""
    if affine.shape != (4, 4) or not np.isfinite(affine).all():
        raise BadScan("the scan's geometry holds numbers that are not finite", code="bad-geometry")
    # Clipped, so that no absurd number overflows when squared.
    columns = np.linalg.norm(np.clip(affine[:3, :3], -FARTHEST_MM, FARTHEST_MM), axis=0)
    check_spacing(*columns.tolist())
    if np.abs(affine[:3, 3]).max() > FARTHEST_MM:
        raise BadScan("the scan lies more than 100 m from the scanner's origin", code="bad-geometry")
    if abs(np.linalg.det(affine[:3, :3] / columns)) < 0.1:
        raise BadScan("the scan's axes do not span space: two of them point the same way", code="bad-geometry")


def check_spacing(*spacing: float) -> None:
    """Refuse voxel sizes that no CT has (code ``bad-spacing``); ``spacing`` mm along the three axes, in any order."""
    said = " × ".join(f"{s:g}" for s in spacing)
    hint = "correct the voxel size in the header; mm are expected"
    if not all(math.isfinite(s) and s > 0 for s in spacing):
        raise BadScan(f"the voxel size is {said} mm", hint=hint, code="bad-spacing")
    finest, middle, coarsest = sorted(spacing)
    if finest < MIN_SPACING_MM or coarsest > MAX_SPACING_MM or middle > MAX_IN_PLANE_MM:
        raise BadScan(f"a voxel size of {said} mm is not that of a chest CT", hint=hint, code="bad-spacing")


def check_values(voxels: np.ndarray) -> CheckedValues:
    """Mend what is not a number, refuse what is not HU, clamp padding, and choose int16 or float32.

    Parameters
    ----------
    voxels : any real numeric array of supposed HU.

    Raises
    ------
    BadScan : codes ``not-numeric``, ``not-a-number``, and those of ``check_hounsfield``.
    """
    if voxels.dtype.kind not in "iuf":
        raise BadScan(f"the voxels are of type {voxels.dtype}, not single numbers", code="not-numeric")
    warnings: list[str] = []
    repairs: list[str] = []
    if voxels.dtype.kind == "f":
        voxels = _without_nan(voxels, warnings)
    warnings += check_hounsfield(voxels)
    return CheckedValues(_clamped(_narrowed(voxels), repairs), tuple(repairs), tuple(warnings))


def _without_nan(voxels: np.ndarray, warnings: list[str]) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        finite = np.abs(voxels) < ABSURD_HU
    missing = 1 - np.count_nonzero(finite) / voxels.size
    if missing > NAN_REFUSED:
        raise BadScan(
            f"{missing:.0%} of the voxels are not numbers (NaN or infinite)",
            hint="export the scan again",
            code="not-a-number",
        )
    if missing > NAN_WARNED:
        warnings.append(f"{missing:.1%} of the voxels were not numbers and were read as air.")
    return voxels if missing == 0 else np.where(finite, voxels, voxels.dtype.type(AIR))


def _narrowed(voxels: np.ndarray) -> np.ndarray:
    """As int16 when that loses nothing, else as float32."""
    if voxels.dtype == np.int16:
        return voxels
    low, high = np.iinfo(np.int16).min, np.iinfo(np.int16).max
    if low <= voxels.min() and voxels.max() <= high:
        whole = voxels.astype(np.int16)
        if voxels.dtype.kind != "f" or np.array_equal(whole, voxels):
            return whole
    return voxels.astype(np.float32, copy=False)


def _clamped(hu: np.ndarray, repairs: list[str]) -> np.ndarray:
    """Nothing is emptier than air: padding beyond the scanner's circle is often stored as -2000 or -3024."""
    if hu.min() >= AIR:
        return hu
    fraction = np.count_nonzero(hu < AIR) / hu.size
    if fraction > PADDING_SAID:
        repairs.append(f"Padding below {AIR} HU ({fraction:.0%} of the voxels) was read as air.")
    return np.maximum(hu, hu.dtype.type(AIR))


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(str(n) for n in shape)
