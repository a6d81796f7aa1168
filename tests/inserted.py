"""Lesions of known size drawn into a scan, with the partial volume that a scanner would give them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume


def distance_from(volume: CTVolume, position: tuple[float, float, float]) -> np.ndarray:
    """mm from an LPS position to every voxel."""
    index = volume.index(position)
    axes = [(np.arange(n) - i) * s for n, i, s in zip(volume.shape, index, volume.spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    return np.sqrt(z**2 + y**2 + x**2)


def with_ball(
    volume: CTVolume, position: tuple[float, float, float], diameter_mm: float, hu: float, inside: np.ndarray
) -> CTVolume:
    """A ball of ``hu`` blended into the voxels of ``inside``, soft over one voxel at its border."""
    distance = distance_from(volume, position)
    edge = max(volume.spacing)
    share = np.clip((diameter_mm / 2 - distance) / edge + 0.5, 0, 1) * inside
    return replace(volume, hu=np.rint(volume.hu * (1 - share) + hu * share).astype(np.int16))


def with_dependent_fluid(
    volume: CTVolume, labelmap: LabelMap, lobes: tuple[str, ...], ml: float, rng: np.random.Generator
) -> tuple[CTVolume, LabelMap, np.ndarray]:
    """The lowest-lying ``ml`` of some lobes turned to water, taken out of the lungs; the scan, its map, the fluid."""
    lung = labelmap.mask(*lobes)
    depth = np.broadcast_to(np.arange(volume.shape[1])[None, :, None] * volume.spacing[1], volume.shape)[lung]
    voxels = round(ml / volume.voxel_ml)
    fluid = np.zeros(volume.shape, dtype=bool)
    fluid[lung] = depth + rng.random(depth.size) * 1e-6 >= np.partition(depth, -voxels)[-voxels]
    hu, labels = volume.hu.copy(), labelmap.labels.copy()
    hu[fluid] = np.rint(rng.normal(10, 10, int(fluid.sum())))
    labels[fluid] = 0
    return replace(volume, hu=hu), replace(labelmap, labels=labels), fluid
