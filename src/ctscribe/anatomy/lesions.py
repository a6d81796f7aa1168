"""Lesion attributes: MedRegion-CT, Eq. 6–7 and Supplementary Algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ctscribe.types import Point, SliceRange

LesionKind = Literal[
    "lung_nodule", "pleural_effusion", "pericardial_effusion", "kidney_cyst", "consolidation", "ground_glass"
]


@dataclass(frozen=True)
class Lesion:
    """One lesion in one sub-region.

    Parameters
    ----------
    kind : what it is.
    region : report region key of chest-6 that it is spoken of under, such as ``lung``.
    sub_region : anatomical guidance region, such as ``lung_lower_lobe_left``, ``pleura_right`` or ``kidney_left``.
    volume_ml : voxel count × voxel volume (Eq. 7).
    diameter_mm : longest side of the bounding box in the axial plane (Eq. 7; ``axes="all"`` takes z as well).
    centroid_mm : LPS position (x, y, z) in mm of the mean voxel.
    slices : first and last canonical axial slice.
    key_slice : the slice where the lesion is largest.
    box : first and last index along z, y and x, both included.
    mean_hu : mean attenuation over the lesion's voxels, ``None`` when no intensities were given.
    source : the segmenter or detector that found it.
    confidence : the finder's own certainty in [0, 1], ``None`` when it has none.
    """

    kind: LesionKind
    region: str
    sub_region: str
    volume_ml: float
    diameter_mm: float
    centroid_mm: Point
    slices: SliceRange
    key_slice: int
    box: tuple[SliceRange, SliceRange, SliceRange]
    mean_hu: float | None
    source: str
    confidence: float | None = None


def measure_lesions(labelmap, volume=None, *, all_components=False):
    return ()
