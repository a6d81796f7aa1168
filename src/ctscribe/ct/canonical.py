"""From any axis order to the one that everyone after the reader relies on: z Superior, y Posterior, x Left.

Orthogonal orders are transposed and flipped, which changes no voxel. A scan more than a degree off the patient's axes,
or sheared, is resampled onto them. The affine is rounded so that one scan gives one grid, whichever file it came in.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np

from ctscribe.ct.checks import AIR, check_affine, check_shape, check_size, check_values
from ctscribe.ct.resampling import resample_onto
from ctscribe.ct.volume import CTVolume, DicomReferences, ScanMeta, box_mm
from ctscribe.types import Affine

MAX_TILT_DEGREES = 1.0
"""Rotation from the patient's axes up to which the grid is kept as it is."""

MAX_SHEAR_DEGREES = 0.1

SPACING_STEP_MM, DIRECTION_STEP, CENTRE_STEP_MM = 1e-5, 1e-5, 1e-2
"""Steps to which a grid is rounded. NIfTI keeps its affine in float32, wrong by up to 6e-5 mm far from the origin: the
centre's step is wide enough that nearly every scan falls on the same side, and still far below what can be measured."""


def assemble(voxels: np.ndarray, affine: np.ndarray, meta: ScanMeta) -> CTVolume:
    """The canonical volume of a scan as some file stored it.

    Parameters
    ----------
    voxels : HU in any axis order and any real numeric type. With ``meta.dicom``, axis 0 counts the slices in the order
        of ``meta.dicom.sop_instance_uids``.
    affine : 4×4, maps this array's index (i, j, k, 1) to an LPS position (x, y, z, 1) in mm.
    meta : what the reader knows; ``repairs`` and ``warnings`` are added to, ``dicom`` follows the slices.

    Returns
    -------
    CTVolume : int16 where all HU are whole numbers in range, else float32; C-contiguous.

    Raises
    ------
    BadScan : geometry or values that cannot be those of a chest CT (see ``ctscribe.ct.checks``).
    """
    affine = np.asarray(affine, dtype=np.float64)
    check_shape(voxels.shape)
    check_affine(affine)
    axes, flips = canonical_order(affine)
    dicom = _references(meta.dicom, axes[0] == 0, flips[0])
    voxels, affine = reorder(voxels, affine, axes, flips)
    checked = check_values(np.require(voxels, requirements=["C", "W"]))
    hu, affine = checked.hu, rounded_affine(affine, checked.hu.shape)
    repairs = meta.repairs + checked.repairs
    tilt, shear = tilt_degrees(affine), shear_degrees(affine)
    if tilt > MAX_TILT_DEGREES or shear > MAX_SHEAR_DEGREES:
        hu, affine = _upright(hu, affine)
        how = f"acquired {tilt:.1f}° off the patient's axes" if tilt > MAX_TILT_DEGREES else f"sheared by {shear:.1f}°"
        repairs += (f"The scan was {how} and was resampled onto them.",)
        dicom = dicom and replace(dicom, aligned=False)
    meta = replace(meta, repairs=repairs, warnings=meta.warnings + checked.warnings, dicom=dicom)
    return CTVolume(hu, affine, meta)


def canonical_order(affine: Affine) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Which array axis runs along the patient's (z, y, x), and which of the three must be flipped.

    The assignment is the one with the largest product of cosines, so that no two array axes claim one patient axis.
    """
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    z, y, x = max(permutations(range(3)), key=lambda a: float(np.prod([abs(cosines[2 - i, a[i]]) for i in range(3)])))
    return (z, y, x), (bool(cosines[2, z] < 0), bool(cosines[1, y] < 0), bool(cosines[0, x] < 0))


def reorder(
    voxels: np.ndarray, affine: Affine, axes: tuple[int, ...], flips: tuple[bool, ...]
) -> tuple[np.ndarray, Affine]:
    """The array seen with its axes in the order ``axes``, reversed where ``flips``, and its affine."""
    view = voxels.transpose(axes)
    affine = np.column_stack([affine[:, axes], affine[:, 3]])
    for axis, flip in enumerate(flips):
        if flip:
            view = np.flip(view, axis)
            affine[:, 3] += affine[:, axis] * (view.shape[axis] - 1)
            affine[:, axis] *= -1
    return view, affine


def rounded_affine(affine: Affine, shape: tuple[int, ...]) -> Affine:
    """The affine with spacing, direction and the position of the grid's centre rounded.

    The centre, rather than the corner, is where flipping an axis does not enlarge a rounding error.
    """
    half = (np.array(shape) - 1) / 2
    centre = affine[:3, :3] @ half + affine[:3, 3]
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    # Through float32 first: that is what NIfTI stores, and it makes the rounding of the other formats the same.
    stored = _rounded(spacing.astype(np.float32).astype(np.float64), SPACING_STEP_MM)
    direction = _rounded(affine[:3, :3] / spacing, DIRECTION_STEP)
    direction /= np.linalg.norm(direction, axis=0)
    matrix = direction * stored
    # Adding zero turns -0.0 into 0.0, which is another byte.
    origin = np.round(_rounded(centre, CENTRE_STEP_MM) - matrix @ half, 6) + 0.0
    return np.vstack([np.column_stack([matrix + 0.0, origin]), [0.0, 0.0, 0.0, 1.0]])


def tilt_degrees(affine: Affine) -> float:
    """Largest angle between a canonical array axis and the patient axis it runs along."""
    cosines = np.abs(np.diag((affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0))[::-1]))
    return float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).max())


def shear_degrees(affine: Affine) -> float:
    """Largest departure from a right angle between two array axes."""
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    cosines = np.abs((unit.T @ unit)[np.triu_indices(3, 1)])
    return float(np.degrees(np.arcsin(np.clip(cosines, 0, 1))).max())


def _rounded(values: np.ndarray, step: float) -> np.ndarray:
    """To multiples of ``step``; the tie is moved to 0.463, since 0.703125 and its like lie on the usual one."""
    return np.round(np.floor(values / step + 0.537) * step, 9)


def _upright(hu: np.ndarray, affine: Affine) -> tuple[np.ndarray, Affine]:
    """Resampled onto the patient's axes, same spacing, the grid grown to hold the whole acquired box."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    low, high = box_mm(hu.shape, affine)[:, ::-1]
    nz, ny, nx = np.maximum(1, np.floor((high - low) / spacing + 0.537)).astype(int).tolist()
    shape = nz, ny, nx
    check_size(shape, hu.itemsize)
    upright = np.eye(4)
    upright[:3, :3] = np.fliplr(np.diag(spacing[::-1]))
    upright[:3, 3] = ((low + high) / 2)[::-1] - upright[:3, :3] @ ((np.array(shape) - 1) / 2)
    upright = rounded_affine(upright, shape)
    return resample_onto(hu, affine, upright, shape, order="linear", background=AIR), upright


def _references(dicom: DicomReferences | None, stacked: bool, flipped: bool) -> DicomReferences | None:
    """The slice references following the slices: reversed with them, not aligned when z was not the slice axis."""
    if dicom is None:
        return None
    if not stacked:
        return replace(dicom, aligned=False)
    if not flipped:
        return dicom
    frames = dicom.frame_numbers and dicom.frame_numbers[::-1]
    return replace(dicom, sop_instance_uids=dicom.sop_instance_uids[::-1], frame_numbers=frames)
