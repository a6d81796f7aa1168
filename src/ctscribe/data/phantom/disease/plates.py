"""Thin plates of dense lung: a disc or ribbon, a little bent, as wide as a voxel at least."""

from __future__ import annotations

from typing import NamedTuple, no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.shares import Vector


class Plate(NamedTuple):
    """A bent ellipse.

    Parameters
    ----------
    centre : in mm from the window's first voxel.
    normal, along : unit vectors square to each other.
    half_length, half_width : in mm, along ``along`` and square to it.
    thickness : in mm.
    bend : mm that the ends of its length stand off its plane.
    """

    centre: Vector
    normal: Vector
    along: Vector
    half_length: float
    half_width: float
    thickness: float
    bend: float


def plate_weight(lungs: Lungs, plate: Plate, wobble_mm: Float32[np.ndarray, "z y x"]) -> Float32[np.ndarray, "z y x"]:
    """Weight of a plate, at least 1 in its middle voxel: a plate thinner than a voxel is as wide as one, and fainter.

    ``wobble_mm`` shifts it off its surface, so that it is as uneven as a scar.
    """
    weight = np.zeros(lungs.shape, np.float32)
    vectors = np.array([plate.centre, plate.normal, plate.along])
    sizes = np.array([plate.half_length, plate.half_width, plate.thickness, plate.bend])
    _fill(lungs.lobes, np.array(lungs.spacing), vectors, sizes, wobble_mm, weight)
    return weight


@numba.njit(cache=True)
@no_type_check
def _fill(
    lobes: np.ndarray,
    spacing: np.ndarray,
    vectors: np.ndarray,
    sizes: np.ndarray,
    wobble: np.ndarray,
    weight: np.ndarray,
) -> None:
    centre, normal, along = vectors[0], vectors[1], vectors[2]
    half_length, half_width, thickness, bend = sizes[0], sizes[1], sizes[2], sizes[3]
    # The width of a voxel along the normal.
    step = abs(normal[0]) * spacing[0] + abs(normal[1]) * spacing[1] + abs(normal[2]) * spacing[2]
    half = max(thickness, step) / 2
    for z in range(lobes.shape[0]):
        for y in range(lobes.shape[1]):
            for x in range(lobes.shape[2]):
                if lobes[z, y, x] == 0:
                    continue
                p, q, r = z * spacing[0] - centre[0], y * spacing[1] - centre[1], x * spacing[2] - centre[2]
                a = (p * along[0] + q * along[1] + r * along[2]) / half_length
                n = p * normal[0] + q * normal[1] + r * normal[2]
                b2 = (p * p + q * q + r * r - n * n - a * a * half_length * half_length) / (half_width * half_width)
                rim = 1 - a * a - b2
                if rim <= 0:
                    continue
                off = abs(n - bend * a * a + wobble[z, y, x])
                # It thins out toward its rim.
                taper = min(1.0, 5 * rim)
                share = 0.5 + (half * taper - off) / step
                weight[z, y, x] = np.float32(min(max(share, 0.0), 1.0) * min(1.0, 2 * taper))
