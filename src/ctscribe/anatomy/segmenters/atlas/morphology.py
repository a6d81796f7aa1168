"""Binary morphology and distances on working grids, by scipy, with the types this package states."""

from __future__ import annotations

import cc3d
import numpy as np
from jaxtyping import Float32, Float64, Integer
from scipy import ndimage

from ctscribe.types import Mask


def dilated(mask: Mask, steps: int = 1) -> Mask:
    """``steps`` face neighbours larger."""
    return np.asarray(ndimage.binary_dilation(mask, iterations=steps))


def eroded(mask: Mask, steps: int = 1, *, from_edges: bool = True) -> Mask:
    """``steps`` face neighbours smaller, also from the edges of the grid unless told otherwise."""
    return np.asarray(ndimage.binary_erosion(mask, iterations=steps, border_value=0 if from_edges else 1))


def opened(mask: Mask, steps: int = 1) -> Mask:
    """Without anything thinner than ``2 · steps`` voxels."""
    return np.asarray(ndimage.binary_opening(mask, iterations=steps))


def closed(mask: Mask, steps: int = 1) -> Mask:
    """With gaps up to ``2 · steps`` voxels filled; the grid's edges count as more of the same."""
    wide = ndimage.binary_closing(np.pad(mask, steps, mode="edge"), iterations=steps)
    return np.asarray(wide)[steps:-steps, steps:-steps, steps:-steps]


def distance(mask: Mask, spacing: float = 1.0) -> Float64[np.ndarray, "z y x"]:
    """From every voxel of the mask to the nearest one outside of it; 0 outside."""
    return np.asarray(ndimage.distance_transform_edt(mask, sampling=spacing))


def components(mask: Mask) -> tuple[Integer[np.ndarray, "z y x"], int]:
    """Face-connected components numbered from 1, and one more than the highest number."""
    numbered = np.asarray(cc3d.connected_components(np.ascontiguousarray(mask), connectivity=6))
    return numbered, int(numbered.max()) + 1


def smoothed(image: Float32[np.ndarray, "z y x"], sigma: float) -> Float32[np.ndarray, "z y x"]:
    """Gaussian blur, ``sigma`` in voxels."""
    return np.asarray(ndimage.gaussian_filter(image, sigma, truncate=3.0))


def averaged(image: Float32[np.ndarray, "z y x"]) -> Float32[np.ndarray, "z y x"]:
    """Mean over 3 × 3 × 3 voxels."""
    return np.asarray(ndimage.uniform_filter(image, 3))
