"""Masks onto the scan's grid, by physical position."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.segmenters.mask_files import MaskImage
from ctscribe.ct.canonical import canonical_order, reorder
from ctscribe.ct.resampling import resample_onto
from ctscribe.ct.volume import CTVolume, box_mm
from ctscribe.errors import BadMasks
from ctscribe.types import Affine

SAME_GRID_VOXELS = 0.05
"""Grids whose corners lie closer than this are one grid: NIfTI keeps its affine in float32."""

MIN_OVERLAP = 0.5


def place(image: MaskImage, volume: CTVolume) -> tuple[np.ndarray, tuple[str, ...]]:
    """The labels on the volume's grid (z, y, x), and what should be said about it.

    Another order of the axes is undone exactly; any other grid is resampled by the nearest voxel, and what lies outside
    the masks' own grid is background.

    Raises
    ------
    BadMasks : the two grids hardly overlap (``masks-of-another-scan``).
    """
    labels, affine = reorder(image.labels, image.affine, *canonical_order(image.affine))
    if _is_same_grid(labels.shape, affine, volume):
        return labels, ()
    _check_overlap(labels.shape, affine, volume, image.file)
    placed = resample_onto(np.ascontiguousarray(labels), affine, volume.affine, volume.shape, order="nearest")
    z, y, x = np.linalg.norm(affine[:3, :3], axis=0)
    said = f"The masks ({x:.2f} × {y:.2f} × {z:.2f} mm voxels) were resampled to the scan's grid."
    if labels.shape == volume.shape:
        moved = np.linalg.norm(affine[:3, 3] - volume.affine[:3, 3])
        said += f" They have as many voxels as the scan, but their header puts them {moved:.1f} mm away from it."
    return placed, (said,)


def lies_on_grid(image: MaskImage, volume: CTVolume) -> bool:
    """Whether the masks are on the volume's own grid, up to the order of the axes."""
    labels, affine = reorder(image.labels, image.affine, *canonical_order(image.affine))
    return _is_same_grid(labels.shape, affine, volume)


def shared_part(first: np.ndarray, second: np.ndarray, *, of_larger: bool = False) -> float:
    """Volume that two boxes share, as a fraction of the smaller or the larger one."""
    shared = np.prod(np.clip(np.minimum(first[1], second[1]) - np.maximum(first[0], second[0]), 0, None))
    volumes = [np.prod(box[1] - box[0]) for box in (first, second)]
    return float(shared / (max(volumes) if of_larger else min(volumes)))


def _check_overlap(shape: tuple[int, ...], affine: Affine, volume: CTVolume, file: str) -> None:
    """Masks may cover a part of the scan, or more than it; but with just its voxels they should cover it."""
    alike = shape == volume.shape
    shared = shared_part(box_mm(shape, affine), box_mm(volume.shape, volume.affine), of_larger=alike)
    if shared >= MIN_OVERLAP:
        return
    hint = "they have as many voxels as the scan: was their position lost when they were saved?"
    raise BadMasks(
        f"{file} lies elsewhere in the patient's space: it shares {shared:.0%} of its box with the scan",
        hint=hint if alike else "give the masks of this very scan",
        code="masks-of-another-scan",
    )


def _is_same_grid(shape: tuple[int, ...], affine: Affine, volume: CTVolume) -> bool:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], [1], indexing="ij"), dtype=float).reshape(4, -1)
    apart = np.linalg.solve(volume.affine[:3, :3], (affine - volume.affine)[:3] @ corners)
    return shape == volume.shape and float(np.abs(apart).max()) < SAME_GRID_VOXELS
