"""The lungs at fine resolution, and their lobes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.lungs import LUNG
from ctscribe.anatomy.segmenters.atlas.morphology import closed, components, dilated, distance, eroded
from ctscribe.types import Mask

SMALLEST_ML = 1.0
CLOSING_MM = 3.0  # vessels in the periphery are lung, the hilum is not
LESION_MM = 15.0  # radius of the closing that takes masses and consolidation into the lung, where the atlas has lung
DEEP_MM = 7.5  # a lesion reaches that far into the carried lung; neighbours that bulge in do not
DENSEST_LESION = 150.0  # HU
OVERLAP = 0.2  # share of a component that must lie where the atlas has lung


def lung_mask(hu: Float32[np.ndarray, "z y x"], coarse: Mask, airway: Mask, prior: Mask, spacing: float) -> Mask:
    """Lungs without trachea and main bronchi, vessels and lesions filled in.

    ``coarse`` are the lungs that were registered, ``prior`` the lungs the atlas carries, all on the grid of ``hu``.
    """
    walls = dilated(airway, 2)
    numbered, count = components((hu < LUNG) & dilated(coarse, 2) & ~walls)
    size = np.bincount(numbered.ravel(), minlength=count)
    shared = np.bincount(numbered[prior], minlength=count)
    keep = (size * spacing**3 / 1000 > SMALLEST_ML) & (shared > OVERLAP * size)
    keep[0] = False
    lungs = closed(keep[numbered], max(1, round(CLOSING_MM / spacing)))
    return (lungs | _lesions(hu, lungs, prior, spacing)) & ~walls


def _lesions(hu: Float32[np.ndarray, "z y x"], lungs: Mask, prior: Mask, spacing: float) -> Mask:
    """Dense tissue in hollows of the lung where the carried lung agrees."""
    radius = LESION_MM / (2 * spacing)
    pad = int(np.ceil(radius))
    near = distance(~np.pad(lungs[::2, ::2, ::2], pad)) <= radius
    hull = (distance(near) > radius)[pad:-pad, pad:-pad, pad:-pad]
    hull = hull.repeat(2, 0).repeat(2, 1).repeat(2, 2)[: hu.shape[0], : hu.shape[1], : hu.shape[2]]
    numbered, count = components(hull & prior & (hu < DENSEST_LESION) & ~lungs)
    lesions = np.zeros(count, dtype=bool)
    lesions[numbered[eroded(prior, round(DEEP_MM / spacing))]] = True
    lesions[0] = False
    return lesions[numbered]


def divide(lungs: Mask, prior: UInt8[np.ndarray, "z y x"]) -> UInt8[np.ndarray, "z y x"]:
    """Every lung voxel its lobe: the carried lobe there, else the nearest one.

    ``prior`` holds the carried lobes only. The nearest lobe is looked up on every second voxel.
    """
    lobes = np.where(lungs, prior, 0).astype(np.uint8)
    coarse = lobes[::2, ::2, ::2]
    if not coarse.any():
        return lobes
    index = np.asarray(ndimage.distance_transform_edt(coarse == 0, return_distances=False, return_indices=True))
    closest = coarse[tuple(index)]
    z, y, x = np.nonzero(lungs & (lobes == 0))
    lobes[z, y, x] = closest[z // 2, y // 2, x // 2]
    return lobes
