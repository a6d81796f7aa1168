"""Exact Euclidean distances in mm to the nearest voxel of a mask, or to the nearest voxel outside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from jaxtyping import Bool, Float32


def distance_to(mask: Bool[np.ndarray, "*grid"], spacing: Sequence[float]) -> Float32[np.ndarray, "*grid"]:
    """Distance in mm from every voxel centre to the nearest voxel centre of the mask; infinite for an empty mask.

    Parameters
    ----------
    mask : two or three axes.
    spacing : mm along the mask's axes, in their order.
    """
    if not mask.any():
        return np.full(mask.shape, np.inf, dtype=np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing([float(step) for step in reversed(spacing)])
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    return np.maximum(sitk.GetArrayFromImage(distance), np.float32(0))


def distance_inside(mask: Bool[np.ndarray, "*grid"], spacing: Sequence[float]) -> Float32[np.ndarray, "*grid"]:
    """Distance in mm from every voxel of the mask to the nearest voxel outside it; 0 outside.

    What lies beyond the array counts as outside.
    """
    inner = distance_to(~np.pad(mask, 1), spacing)
    return inner[tuple(slice(1, -1) for _ in mask.shape)]
