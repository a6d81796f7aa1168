"""The lungs on an isotropic grid, closed over what a segmenter may have left out of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk
from jaxtyping import Bool, Int16

from ctscribe.anatomy.distances import distance_inside, distance_to
from ctscribe.anatomy.guidance import LOBES, left_half
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Labels, Mask, Spacing

MARGIN_MM = 12.0
CLOSING_MM = 15.0
"""Radius of the ball that closes the lungs: wide enough for a mass of 3 cm that the segmenter cut out."""

COARSE_MM = 3.0

FieldMask: TypeAlias = Bool[np.ndarray, "depth height width"]
"""A mask on a field's isotropic grid, where masks of the volume's own grid are about too."""


@dataclass(frozen=True, eq=False)
class LungField:
    """The box around the lungs, resampled.

    Parameters
    ----------
    hu : Hounsfield units (z, y, x) on the isotropic grid.
    labels : organ labels on the same grid.
    lungs : lobes as the segmenter drew them.
    left : voxels on the patient's left of the midline.
    hull : lungs closed by a ball of ``CLOSING_MM``, without the voxels of other organs.
    spacing_mm : edge of a voxel.
    window : the box on the volume's own grid.
    native_spacing : mm along (z, y, x) of the volume's own grid.
    """

    hu: Int16[np.ndarray, "z y x"]
    labels: Labels
    lungs: Mask
    left: Mask
    hull: Mask
    spacing_mm: float
    window: Window
    native_spacing: Spacing

    @property
    def steps(self) -> Spacing:
        """mm along (z, y, x)."""
        return self.spacing_mm, self.spacing_mm, self.spacing_mm

    @property
    def whole(self) -> Window:
        """The window that is the whole grid."""
        z, y, x = (slice(0, n) for n in self.hu.shape)
        return z, y, x

    def volume_ml(self, mask: Mask) -> float:
        """Volume of a mask of this grid."""
        return int(mask.sum()) * self.spacing_mm**3 / 1000

    def of(self, labelmap: LabelMap, *names: str) -> Mask:
        """Union of named classes on this grid."""
        return np.isin(self.labels, labelmap.ids(*names))

    def sampled(self, mask: Mask) -> FieldMask:
        """A mask of the volume's grid on this grid (nearest voxel)."""
        inside = mask[self.window].astype(np.uint8)
        return _resampled(inside, self.native_spacing, self.spacing_mm, sitk.sitkNearestNeighbor) > 0

    def on_volume_grid(self, mask: FieldMask, window: Window) -> tuple[Window, Mask]:
        """A mask given in a window of this grid, as a window and a mask of the volume's grid (nearest voxel)."""
        indices, places = [], []
        for inside, native, spacing in zip(window, self.window, self.native_spacing, strict=True):
            nearest = np.rint(np.arange(native.stop - native.start) * spacing / self.spacing_mm).astype(int)
            within = np.flatnonzero((nearest >= inside.start) & (nearest < inside.stop))
            indices.append(nearest[within] - inside.start)
            first = native.start + int(within[0]) if within.size else native.start
            places.append(slice(first, first + within.size))
        z, y, x = places
        return (z, y, x), mask[np.ix_(*indices)]


def lung_field(
    volume: CTVolume, labelmap: LabelMap, spacing_mm: float = 1.0, margin_mm: float = MARGIN_MM
) -> LungField | None:
    """Resample the lungs' box, ``margin_mm`` wider on all sides, to ``spacing_mm``; ``None`` without lungs."""
    lungs = labelmap.mask(*LOBES)
    box = bounding_window(lungs)
    if box is None:
        return None
    window = _widened(box, volume, margin_mm)
    spacing = volume.spacing
    hu = _resampled(np.asarray(volume.hu[window], dtype=np.int16), spacing, spacing_mm, sitk.sitkLinear)
    labels = _resampled(labelmap.labels[window], spacing, spacing_mm, sitk.sitkNearestNeighbor)
    inside = np.isin(labels, labelmap.ids(*LOBES))
    left = _resampled(left_half(labelmap, window).astype(np.uint8), spacing, spacing_mm, sitk.sitkNearestNeighbor) > 0
    hull = inside | ((_closed(inside & left, spacing_mm) | _closed(inside & ~left, spacing_mm)) & (labels == 0))
    return LungField(hu, labels, inside, left, hull, spacing_mm, window, spacing)


def _widened(box: Window, volume: CTVolume, margin_mm: float) -> Window:
    margins = (round(margin_mm / s) for s in volume.spacing)
    sides = (
        slice(max(axis.start - margin, 0), min(axis.stop + margin, size))
        for axis, margin, size in zip(box, margins, volume.shape, strict=True)
    )
    z, y, x = sides
    return z, y, x


def _resampled(
    array: Int16[np.ndarray, "z y x"] | Labels, spacing: Spacing, spacing_mm: float, interpolator: int
) -> np.ndarray:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(spacing[::-1])
    size = [int((n - 1) * s / spacing_mm + 1e-6) + 1 for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing([spacing_mm] * 3)
    return sitk.GetArrayFromImage(sitk.Resample(image, grid, sitk.Transform(), interpolator))


def _closed(mask: Mask, spacing_mm: float) -> Mask:
    """Closing by a ball of ``CLOSING_MM``, on a coarse grid."""
    step = max(round(COARSE_MM / spacing_mm), 1)
    reach = int(np.ceil(CLOSING_MM / (spacing_mm * step))) + 1
    coarse = np.pad(mask[::step, ::step, ::step], reach)
    size = spacing_mm * step
    grown = distance_to(coarse, [size] * 3) <= CLOSING_MM
    closed = distance_inside(grown, [size] * 3) > CLOSING_MM
    closed = closed[reach:-reach, reach:-reach, reach:-reach]
    for axis, n in enumerate(mask.shape):
        closed = np.repeat(closed, step, axis=axis).take(range(n), axis=axis)
    return closed | mask
