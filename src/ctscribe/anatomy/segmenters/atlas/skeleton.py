"""Vertebral level: slide the atlas' spine and posterior ribs along the scan's until they fit best.

Lungs move against the skeleton with every breath, by more than half a vertebra, and vertebrae repeat every 20–25 mm:
a registration that starts from the lungs alone may lock one level off. Ribs differ in length, slope and distance from
the midline at every level, so the whole cage fits at one level only.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64
from scipy import ndimage

SHIFTS = np.arange(-48.0, 49.0, 3.0)  # mm along z
SCALES = np.arange(0.82, 1.19, 0.04)
FAR = 0.06  # loss of correlation at the end of either range that a fit must outweigh
IN_VIEW = 0.3  # share of the points that must lie in the scan for a fit to count


def slide(
    points: Float64[np.ndarray, "points 3"],
    brightness: Float32[np.ndarray, " points"],
    bone: Float32[np.ndarray, "z y x"],
    spacing: float,
) -> tuple[float, float, float]:
    """Centre (mm), scale and shift (mm) along z that correlate the atlas' skeleton best with the scan's.

    ``points`` are scan positions (z, y, x) in mm of atlas voxels in and about the bones after the affine,
    ``brightness`` their bone channel, ``bone`` the scan's bone channel.
    """
    extent = bone.shape[0] * spacing
    seen = (points[:, 0] > 0) & (points[:, 0] < extent)
    centre = float(points[seen, 0].mean()) if seen.any() else extent / 2
    best, found = -np.inf, (1.0, 0.0)
    for scale in SCALES:
        for shift in SHIFTS:
            z = centre + scale * (points[:, 0] - centre) + shift
            inside = (z > 0) & (z < extent)
            if inside.mean() < IN_VIEW:
                continue
            where = np.stack([z[inside], points[inside, 1], points[inside, 2]]) / spacing - 0.5
            values = ndimage.map_coordinates(bone, where, order=1, mode="nearest")
            score = _correlation(values, brightness[inside])
            score -= FAR * ((scale - 1) / 0.18) ** 2 + FAR * (shift / 48) ** 2
            if score > best:
                best, found = score, (float(scale), float(shift))
    return centre, *found


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-9))
