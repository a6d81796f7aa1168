"""The registration's result, and the atlas labels it carries into the scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Shaped, UInt8
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.grid import Shape
from ctscribe.anatomy.segmenters.atlas.interpolation import sampled
from ctscribe.anatomy.segmenters.atlas.packaged import CT_SPACING, LABEL_SPACING


@dataclass(frozen=True, eq=False)
class Mapping:
    """Scan mm → atlas mm (z, y, x from the outer corners): ``affine @ (position + displacement)``.

    ``displacement`` (z, y, x) is in mm on the scan's working grid of ``spacing`` mm.
    """

    affine: Float64[np.ndarray, "3 4"]
    displacement: Float32[np.ndarray, "3 z y x"]
    spacing: float

    def carry_labels(
        self, labels: UInt8[np.ndarray, "Z Y X"], shape: Shape, spacing: float
    ) -> UInt8[np.ndarray, "z y x"]:
        """Atlas labels on a grid of ``spacing`` mm over the scan, 0 beyond the atlas."""
        carried = np.zeros(shape, dtype=np.uint8)
        _carry(labels, LABEL_SPACING, self.affine, self.displacement, self.spacing, carried, spacing)
        return carried

    def carry_image(self, image: Shaped[np.ndarray, "Z Y X"], shape: Shape) -> Float32[np.ndarray, "z y x"]:
        """An atlas image of 3 mm on the mapping's own grid, linear, its edge repeated beyond."""
        index = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape), indexing="ij"))
        position = (index + 0.5) * self.spacing + self.displacement
        where = np.tensordot(self.affine[:, :3].astype(np.float32), position, 1)
        where += self.affine[:, 3].astype(np.float32)[:, None, None, None]
        where = where / np.float32(CT_SPACING) - np.float32(0.5)
        return ndimage.map_coordinates(image.astype(np.float32), where, order=1, mode="nearest")


def through_affine(
    image: Shaped[np.ndarray, "Z Y X"], affine: Float64[np.ndarray, "3 4"], shape: Shape
) -> Float32[np.ndarray, "z y x"]:
    """An atlas image of 3 mm on the scan's 3 mm grid, linear, its edge repeated beyond."""
    moved = ndimage.affine_transform(
        image.astype(np.float32), affine[:, :3], _offset(affine), output_shape=shape, order=1, mode="nearest"
    )
    return np.asarray(moved)


def covered(atlas: Shape, affine: Float64[np.ndarray, "3 4"], shape: Shape) -> Float32[np.ndarray, "z y x"]:
    """1 where the atlas' 3 mm grid has anatomy, 0 beyond its field of view."""
    inside = np.ones(atlas, dtype=np.float32)
    return np.asarray(ndimage.affine_transform(inside, affine[:, :3], _offset(affine), output_shape=shape, order=0))


def _offset(affine: Float64[np.ndarray, "3 4"]) -> Any:
    """The same affine between voxel indices of two 3 mm grids has this translation."""
    half = np.full(3, CT_SPACING / 2)
    return (affine[:, :3] @ half + affine[:, 3] - half) / CT_SPACING


@numba.njit(cache=True, nogil=True)
@no_type_check
def _carry(labels, label_spacing, affine, displacement, field_spacing, carried, spacing):
    """Nearest atlas label at every voxel, the displacement interpolated linearly."""
    lz, ly, lx = labels.shape
    nz, ny, nx = carried.shape
    p = np.zeros(3)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                p[0], p[1], p[2] = (k + 0.5) * spacing, (j + 0.5) * spacing, (i + 0.5) * spacing
                z, y, x = p[0] / field_spacing - 0.5, p[1] / field_spacing - 0.5, p[2] / field_spacing - 0.5
                for r in range(3):
                    p[r] += sampled(displacement[r], z, y, x)
                qz = (affine[0, 0] * p[0] + affine[0, 1] * p[1] + affine[0, 2] * p[2] + affine[0, 3]) / label_spacing
                qy = (affine[1, 0] * p[0] + affine[1, 1] * p[1] + affine[1, 2] * p[2] + affine[1, 3]) / label_spacing
                qx = (affine[2, 0] * p[0] + affine[2, 1] * p[1] + affine[2, 2] * p[2] + affine[2, 3]) / label_spacing
                if 0 <= qz < lz and 0 <= qy < ly and 0 <= qx < lx:
                    carried[k, j, i] = labels[int(qz), int(qy), int(qx)]
