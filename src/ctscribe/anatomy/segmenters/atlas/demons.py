"""Deformable registration: demons with several channels, coarse to fine.

Each pass moves every voxel by the least-squares step that all channels together ask for (Thirion, Med. Image Anal. 2
(1998) 243–260, with the symmetric forces of Vercauteren et al., NeuroImage 45 (2009) S61–S72, summed over channels),
then smooths the step and the field. SimpleITK's demons take one scalar image; see ``affine`` for why that is too few.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.grid import Shape, cube, resample
from ctscribe.anatomy.segmenters.atlas.interpolation import sampled

SLABS = 4  # pieces of a pass that may run at the same time; the result does not depend on it
LONGEST = 0.15  # 1 / (4 · longest step²) in voxels, the α of the demons force


@dataclass(frozen=True)
class Level:
    """One resolution: voxel size in mm, passes, and the smoothing of step and field in voxels."""

    spacing: float
    passes: int
    smooth_step: float
    smooth_field: float


FAR_OFF = (Level(12.0, 30, 2.0, 1.5),)
CLOSE_BY = (Level(6.0, 30, 2.0, 1.5), Level(3.0, 20, 2.0, 1.5))


def register_demons(
    scan: Float32[np.ndarray, "channel z y x"],
    atlas: Float32[np.ndarray, "channel z y x"],
    valid: Float32[np.ndarray, "z y x"],
    weights: Float32[np.ndarray, " channel"],
    spacing: float,
    levels: tuple[Level, ...],
    first: Float32[np.ndarray, "3 z y x"] | None = None,
) -> Float32[np.ndarray, "3 z y x"]:
    """Displacement (z, y, x) in mm that pulls the atlas channels, already on the scan's grid, onto the scan.

    ``valid`` is 1 where the atlas has anatomy; nothing pulls elsewhere. ``first`` is the displacement to start from.
    """
    shape = scan.shape[1:]
    field, at = (np.zeros((3, *shape), dtype=np.float32), spacing) if first is None else (first, spacing)
    for level in levels:
        fixed, moving = _resampled(scan, spacing, level.spacing), _resampled(atlas, spacing, level.spacing)
        inside = _resampled(valid[None], spacing, level.spacing)[0]
        field = _resampled(field, at, level.spacing, fixed.shape[1:]) / np.float32(level.spacing)
        for _ in range(level.passes):
            field = _pass(fixed, moving, inside, weights, field, level)
        field, at = field * np.float32(level.spacing), level.spacing
    return _resampled(field, at, spacing, shape)


def _resampled(images: np.ndarray, spacing: float, target: float, shape: Shape | None = None) -> np.ndarray:
    if spacing == target:
        return images
    return np.stack([resample(image, cube(spacing), target, shape) for image in images])


def _pass(fixed, moving, inside, weights, field, level) -> np.ndarray:
    step = np.zeros_like(field)
    warped = np.empty_like(moving)
    slabs = list(pairwise(np.linspace(0, field.shape[1], SLABS + 1).astype(int)))
    with ThreadPoolExecutor(SLABS) as pool:
        list(pool.map(lambda slab: _warp(moving, field, warped, *slab), slabs))
        list(pool.map(lambda slab: _force(fixed, warped, inside, weights, step, *slab), slabs))
        smooth = list(pool.map(lambda axis: ndimage.gaussian_filter(axis, level.smooth_step, truncate=3), step))
        moved = list(
            pool.map(
                lambda pair: ndimage.gaussian_filter(pair[0] + pair[1], level.smooth_field, truncate=3),
                zip(field, smooth, strict=True),
            )
        )
    return np.stack(moved)


@numba.njit(cache=True, nogil=True)
@no_type_check
def _warp(moving, field, warped, first, last):
    """Linear interpolation of every channel at voxel + displacement, clamped to the grid."""
    channels, _, ny, nx = moving.shape
    for k in range(first, last):
        for j in range(ny):
            for i in range(nx):
                z, y, x = k + field[0, k, j, i], j + field[1, k, j, i], i + field[2, k, j, i]
                for c in range(channels):
                    warped[c, k, j, i] = sampled(moving[c], z, y, x)


@numba.njit(cache=True, nogil=True)
@no_type_check
def _force(fixed, warped, inside, weights, step, first, last):
    """Σ w r g / Σ w (g² + α r²) with g the mean of both images' gradients."""
    channels, nz, ny, nx = fixed.shape
    for k in range(max(first, 1), min(last, nz - 1)):
        for j in range(1, ny - 1):
            for i in range(1, nx - 1):
                if inside[k, j, i] < 0.5:
                    continue
                sz = sy = sx = norm = 0.0
                for c in range(channels):
                    r = fixed[c, k, j, i] - warped[c, k, j, i]
                    gz = 0.25 * (
                        fixed[c, k + 1, j, i] - fixed[c, k - 1, j, i] + warped[c, k + 1, j, i] - warped[c, k - 1, j, i]
                    )
                    gy = 0.25 * (
                        fixed[c, k, j + 1, i] - fixed[c, k, j - 1, i] + warped[c, k, j + 1, i] - warped[c, k, j - 1, i]
                    )
                    gx = 0.25 * (
                        fixed[c, k, j, i + 1] - fixed[c, k, j, i - 1] + warped[c, k, j, i + 1] - warped[c, k, j, i - 1]
                    )
                    w = weights[c]
                    sz += w * r * gz
                    sy += w * r * gy
                    sx += w * r * gx
                    norm += w * (gz * gz + gy * gy + gx * gx + LONGEST * r * r)
                if norm > 1e-6:
                    step[0, k, j, i] = sz / norm
                    step[1, k, j, i] = sy / norm
                    step[2, k, j, i] = sx / norm
