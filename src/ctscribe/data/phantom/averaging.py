"""An anatomy averaged for a coarser grid, so that a thick slice is a mean and not a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Int16, Shaped, UInt8
from scipy import ndimage

from ctscribe.data.phantom.anatomy import Anatomy
from ctscribe.data.phantom.normal import AIR_HU

Widths = tuple[int, int, int]

INERT, EMPTY = 254, 255


def box_widths(ratios: Sequence[float]) -> Widths:
    """Voxels to average along (z, y, x) where new voxels are larger by these ratios.

    The linear interpolant averaged over √(ratio² - 1) voxels is as wide as the new voxel (see ``ct.resampling``). Whole
    widths, the same along y and x, let bodies of nearly the same size share one average; rather too wide than aliased.
    """
    z, y, x = ratios
    along, across = (max(1, int(max(ratio * ratio - 1, 0.0) ** 0.5 + 0.75)) for ratio in (z, (y + x) / 2))
    return along, across, across


@dataclass(frozen=True, eq=False)
class Source:
    """An anatomy as the deformation samples it.

    Parameters
    ----------
    hu, uptake : as ``Anatomy`` has them, averaged.
    compartments : as ``Anatomy`` has them, but ``INERT`` where neither a voxel nor its neighbours take up contrast
        medium, and ``EMPTY`` where all of them are the air around the body: nothing needs to be interpolated there.
    """

    hu: Int16[np.ndarray, "z y x"]
    uptake: UInt8[np.ndarray, "z y x"]
    compartments: UInt8[np.ndarray, "z y x"]


@lru_cache(maxsize=4)
def averaged(anatomy: Anatomy, widths: Widths) -> Source:
    """The anatomy, every voxel of it the mean of a centred box. Kept for the bodies to come."""
    hu, uptake = _boxed(anatomy.hu, widths), _boxed(anatomy.uptake, widths)
    compartments = np.where(ndimage.maximum_filter(uptake, 3) == 0, INERT, anatomy.compartments)
    compartments[ndimage.maximum_filter(hu, 3) == AIR_HU] = EMPTY
    return Source(hu, uptake, compartments.astype(np.uint8))


def _boxed(array: Shaped[np.ndarray, "z y x"], widths: Widths) -> Shaped[np.ndarray, "z y x"]:
    means = array.astype(np.float32)
    for axis, width in enumerate(widths):
        # An even box takes half of the voxels at its two ends.
        half = width // 2
        weights = np.ones(2 * half + 1)
        weights[[0, -1]] *= (width - 2 * half + 1) / 2 if width > 1 else 1
        means = ndimage.correlate1d(means, weights / width, axis, mode="nearest")
    return np.rint(means).astype(array.dtype)
