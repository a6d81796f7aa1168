"""A chest drawn with ellipsoids: small, quick, and every voxel's truth known. For tests only."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, canonical_affine

STRUCTURES = {
    1: "spleen",
    5: "liver",
    10: "lung_upper_lobe_left",
    11: "lung_lower_lobe_left",
    12: "lung_upper_lobe_right",
    13: "lung_middle_lobe_right",
    14: "lung_lower_lobe_right",
    16: "trachea",
    32: "vertebrae_T12",
    37: "vertebrae_T7",
    51: "heart",
    52: "aorta",
    79: "spinal_cord",
}


def chest_phantom(
    shape: tuple[int, int, int] = (60, 80, 100),
    spacing: tuple[float, float, float] = (5.0, 4.0, 4.0),
    noise: float = 10.0,
    seed: int = 0,
) -> tuple[CTVolume, LabelMap]:
    """A chest of 300×320×400 mm: body, lungs with five lobes, trachea, heart, aorta, spine, liver, spleen.

    Positions in the drawing are mm from the grid's centre along (Left, Posterior, Superior).
    """
    affine = canonical_affine(spacing, tuple(-(n - 1) / 2 * s for n, s in zip(shape[::-1], spacing[::-1], strict=True)))
    z, y, x = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)), indexing="ij"
    )

    def ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
        (cx, cy, cz), (rx, ry, rz) = centre, radii
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1

    hu = np.full(shape, -1000.0)
    labels = np.zeros(shape, dtype=np.uint8)
    body = (x / 175) ** 2 + (y / 120) ** 2 <= 1
    hu[body] = -100
    hu[(x / 160) ** 2 + (y / 105) ** 2 <= 1] = 45

    def paint(mask: np.ndarray, value: float, label: int) -> None:
        hu[mask], labels[mask] = value, label

    paint(ellipsoid((-60, 0, -130), (95, 85, 60)), 60, 5)
    paint(ellipsoid((100, 30, -130), (40, 45, 50)), 50, 1)
    left, right = ellipsoid((80, 0, 20), (60, 85, 120)), ellipsoid((-80, 0, 20), (60, 85, 120))
    upper = z - 0.5 * y > 10
    middle = (~upper) & (y < -10)
    paint(left & upper, -850, 10)
    paint(left & ~upper, -850, 11)
    paint(right & upper, -850, 12)
    paint(right & middle, -850, 13)
    paint(right & ~upper & ~middle, -850, 14)
    paint(ellipsoid((20, -25, -20), (60, 50, 55)), 45, 51)
    paint(((x - 0) ** 2 + (y - 5) ** 2 <= 9**2) & (z > 50), -1000, 16)
    paint(((x - 22) ** 2 + (y - 45) ** 2 <= 13**2) & (z < 80), 45, 52)
    spine = (x / 18) ** 2 + ((y - 75) / 18) ** 2 <= 1
    paint(spine & (z < -60), 180, 32)
    paint(spine & (z >= -60), 180, 37)
    paint(x**2 + (y - 100) ** 2 <= 8**2, 30, 79)
    hu += np.random.default_rng(seed).normal(0, noise, shape)
    volume = CTVolume(np.clip(np.rint(hu), -1024, 3071).astype(np.int16), affine)
    return volume, LabelMap(labels, STRUCTURES, affine, source="drawn truth")
