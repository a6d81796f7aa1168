"""Where in the scan a view's voxels lie: one grid for crop, spacing, centring and padding together.

Sampling goes straight from the scan's voxels to the view's, so nothing is interpolated twice. Outside the cropped box
there is padding, as if the scan had been cropped first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from jaxtyping import Int16

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.resampling import Order, resample_onto, scaled_grid
from ctscribe.ct.volume import CTVolume
from ctscribe.model.features import Grid
from ctscribe.model.views.foreground import Box, foreground_box, whole_box
from ctscribe.types import Affine, HUArray, Spacing

SampledHU: TypeAlias = Int16[np.ndarray, "z y x"]
"""HU as whole numbers: a cache of them is half as large."""


@dataclass(frozen=True, eq=False)
class SampledGrid:
    """The voxels of a view.

    Parameters
    ----------
    affine : view index (z, y, x, 1) → LPS mm.
    shape : voxels along (z, y, x).
    box : the scan's voxels that may be seen; everything beyond is padding.
    regions : taxonomies already sampled here, by label map and name, which the mask views of one page share.
    """

    affine: Affine
    shape: Grid
    box: Box
    regions: dict[tuple[LabelMap, str], np.ndarray] = field(default_factory=dict, repr=False)


def view_grid(volume: CTVolume, size: Grid, spacing: Spacing | None, foreground_crop: bool) -> SampledGrid:
    """The grid that a page asks for.

    Parameters
    ----------
    size : voxels along (z, y, x).
    spacing : mm along (z, y, x), then the box is cropped or padded to ``size`` around its centre; ``None``: the box is
        resized to ``size``.
    foreground_crop : whether the box is the body's bounding box rather than the whole scan.
    """
    box = foreground_box(volume) if foreground_crop else whole_box(volume.shape)
    affine, shape = _box_affine(volume.affine, box), _box_shape(box)
    if spacing is None:
        affine, _ = scaled_grid(affine, shape, shape=size)
    else:
        affine, covering = scaled_grid(affine, shape, spacing=spacing)
        # By whole voxels, so that a scan that already has this spacing is not blurred; odd ones as CT-CLIP cuts them.
        affine = _moved(affine, [int((have - want) / 2) for have, want in zip(covering, size, strict=True)])
    return SampledGrid(affine, size, box)


def onto(array: np.ndarray, affine: Affine, grid: SampledGrid, order: Order, background: int = 0) -> np.ndarray:
    """An array on the scan's grid (``affine``) brought onto a view's grid."""
    source = _box_affine(affine, grid.box)
    return resample_onto(array[grid.box], source, grid.affine, grid.shape, order=order, background=background)


def sample_hu(volume: CTVolume, grid: SampledGrid, pad: int) -> SampledHU:
    """The scan on a view's grid, anti-aliased; ``pad`` HU outside."""
    hu: HUArray = onto(volume.hu, volume.affine, grid, "linear", pad)
    if hu.dtype == np.int16:
        return hu
    limits = np.iinfo(np.int16)
    return np.clip(np.rint(hu), limits.min, limits.max).astype(np.int16)


def _box_affine(affine: Affine, box: Box) -> Affine:
    return _moved(affine, [part.start for part in box])


def _box_shape(box: Box) -> Grid:
    z, y, x = (part.stop - part.start for part in box)
    return z, y, x


def _moved(affine: Affine, voxels: list[int]) -> Affine:
    """The affine of a grid that starts so many voxels later."""
    moved = affine.copy()
    moved[:3, 3] += affine[:3, :3] @ np.array(voxels, dtype=np.float64)
    return moved
