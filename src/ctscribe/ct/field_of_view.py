"""Which part of the body a scan shows, and whether the lungs are all in it.

Judged by lung tissue on a reduced copy: air-filled, denser than air, inside the body, long from top to bottom. Bowel
gas is purer, an abdominal scan's lung bases are short. No organ is segmented here; it takes a fraction of a second.
In doubt the scan is called a chest and the doubt is written into ``limits``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import ndimage

from ctscribe.ct.resampling import resample
from ctscribe.ct.volume import CTVolume
from ctscribe.types import HUArray, Mask

REDUCED_MM = 5.0
AIR_HU, LUNG_HU, PURE_AIR_HU, BONE_HU = -300, -450, -970, 200

SMALLEST_LUNG_ML = 15
"""Air-filled pieces below this are bowel, airway or vessels' surroundings."""

LUNG_HEIGHT_MM = 120
"""Lungs seen over this height make a chest; the bases in an abdominal scan are shorter."""

SLAB_HEIGHT_MM = 50
"""So does a shorter scan that holds lung nearly from end to end."""

CUT_CM2 = 8
"""Lung area on the scan's first or last slice above which the lungs go on beyond it."""

SIDE_CUT_CM2, CROPPED_CM2 = 15, 100
"""Lung area on the four sides of the grid above which the lungs are cut there, or the scan is a crop."""

PELVIC_BONE_CM2 = 20
"""Bone away from the midline on one slice: ribs are less, iliac wings and hips more."""


@dataclass(frozen=True)
class FieldOfView:
    """What a scan shows.

    Parameters
    ----------
    region : ``chest``, ``chest and abdomen``, ``chest, abdomen and pelvis``, ``cropped chest``, ``abdomen``,
        ``pelvis``, ``abdomen and pelvis``, ``head or neck`` or ``unknown``.
    is_chest : whether a chest report can be written from it at all.
    lungs_complete : whether both lungs lie wholly inside the scan; ``None`` where it is no chest.
    lung_ml : air-filled lung tissue in mL, roughly.
    reason : one sentence saying why.
    limits : what is cut off, each a clause without a full stop.
    """

    region: str
    is_chest: bool
    lungs_complete: bool | None
    lung_ml: float
    reason: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Reduced:
    """The scan's coarse parts on a grid of about 5 mm."""

    lungs: Mask
    body: Mask
    bone: Mask
    spacing: tuple[float, float, float]

    @property
    def slice_cm2(self) -> float:
        """Area of a voxel across z."""
        return self.spacing[1] * self.spacing[2] / 100


def assess_field_of_view(volume: CTVolume) -> FieldOfView:
    """Judge what a scan shows; never refuses."""
    reduced = _reduced(volume)
    levels = np.flatnonzero(reduced.lungs.any(axis=(1, 2)))
    lung_ml = float(np.count_nonzero(reduced.lungs)) * float(np.prod(reduced.spacing)) / 1000
    step = reduced.spacing[0]
    height, whole = len(levels) * step, reduced.lungs.shape[0] * step
    if height >= LUNG_HEIGHT_MM or (height >= SLAB_HEIGHT_MM and height > 0.8 * whole):
        return _chest(reduced, levels, lung_ml)
    region = _region_without_lungs(reduced)
    seen = f"only {lung_ml:.0f} mL of lung over {height:.0f} mm" if lung_ml else "no lung"
    return FieldOfView(region, False, None, lung_ml, f"The scan covers {whole:.0f} mm and shows {seen}.")


def _chest(reduced: Reduced, levels: np.ndarray, lung_ml: float) -> FieldOfView:
    limits: list[str] = []
    areas = reduced.lungs.sum(axis=(1, 2)) * reduced.slice_cm2
    if areas[-1] > CUT_CM2:
        limits.append("the lung apices are cut off")
    if areas[0] > CUT_CM2:
        limits.append("the lung bases are cut off")
    sides = _side_area(reduced.lungs, reduced.spacing)
    if sides > CROPPED_CM2:
        limits.append("the scan is cropped: the outer parts of the lungs lie outside it")
    elif sides > SIDE_CUT_CM2:
        limits.append("the sides of the lungs lie outside the field of view")
    complete = not limits
    if sides <= CROPPED_CM2 and _touches_sides(reduced.body) > 0.1:
        limits.append("part of the chest wall or shoulders lies outside the field of view")
    step = reduced.spacing[0]
    below = float(levels[0]) * step
    region = "chest"
    if sides > CROPPED_CM2:
        region = "cropped chest"
    elif below > 80:
        region = "chest, abdomen and pelvis" if _has_pelvis(reduced, int(levels[0])) else "chest and abdomen"
    reason = f"Lungs of {lung_ml / 1000:.1f} L are seen over {len(levels) * step:.0f} mm."
    return FieldOfView(region, True, complete, lung_ml, reason, tuple(limits))


def _reduced(volume: CTVolume) -> Reduced:
    z, y, x = (max(s, REDUCED_MM) for s in volume.spacing)
    small = resample(volume, spacing=(z, y, x))
    outside = _outside(small.hu)
    body = ~outside & (small.hu > AIR_HU)
    lungs = _lungs(small.hu, outside, small.voxel_ml)
    return Reduced(lungs, body, ~outside & (small.hu > BONE_HU), small.spacing)


def _outside(hu: HUArray) -> Mask:
    """Air around the body, slice by slice: it reaches a side of the grid, and much of it there is pure air.

    In a crop lung reaches the sides as well, but lung is denser than air.
    """
    within_slice = np.zeros((3, 3, 3), dtype=bool)
    within_slice[1] = ndimage.generate_binary_structure(2, 1)
    parts, count = _pieces(hu < AIR_HU, within_slice)
    sides = np.zeros(hu.shape, dtype=bool)
    sides[:, [0, -1]] = sides[:, :, [0, -1]] = True
    on_sides = np.bincount(parts[sides], minlength=count + 1)
    pure = np.bincount(parts[sides], weights=hu[sides] < PURE_AIR_HU, minlength=count + 1)
    is_outside = pure > 0.2 * np.maximum(on_sides, 1)
    is_outside[0] = False
    return is_outside[parts]


def _lungs(hu: HUArray, outside: Mask, voxel_ml: float) -> Mask:
    """Air-filled pieces inside the body that are not gas: bowel holds pure air, emphysema at most patches of it.

    A piece on one or two slices is air caught between the body and the table.
    """
    parts, count = _pieces((hu < LUNG_HU) & ~outside)
    size = np.bincount(parts.ravel(), minlength=count + 1)
    pure = np.bincount(parts.ravel(), weights=(hu < PURE_AIR_HU).ravel(), minlength=count + 1) / np.maximum(size, 1)
    volume = size * voxel_ml
    is_lung = (volume > SMALLEST_LUNG_ML) & (pure < np.where(volume > 1000, 0.5, 0.1))
    is_lung[0] = False
    for part, box in enumerate(ndimage.find_objects(parts), start=1):
        is_lung[part] &= box[0].stop - box[0].start >= 3
    return is_lung[parts]


def _pieces(mask: Mask, structure: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """Connected pieces numbered from 1, and how many there are."""
    return cast("tuple[np.ndarray, int]", ndimage.label(mask, structure))


def _side_area(lungs: Mask, spacing: tuple[float, float, float]) -> float:
    """Lung area in cm² on the four sides of the grid."""
    z, y, x = spacing
    front = lungs[:, [0, -1]].sum() * z * x
    flanks = lungs[:, :, [0, -1]].sum() * z * y
    return float(front + flanks) / 100


def _touches_sides(body: Mask) -> float:
    """Fraction of the slices on which the body reaches the left or right side of the grid."""
    return float(body[:, :, [0, -1]].any(axis=(1, 2)).mean())


def _region_without_lungs(reduced: Reduced) -> str:
    areas = reduced.body.sum(axis=(1, 2)) * reduced.slice_cm2
    body = np.flatnonzero(areas > 20)
    if not len(body):
        return "unknown"
    area = float(np.median(areas[body]))
    bony = np.count_nonzero(reduced.bone[body]) / np.count_nonzero(reduced.body[body])
    if area < 350 and bony > 0.08:
        return "head or neck"
    if area < 250:
        return "unknown"
    pelvic = np.flatnonzero(_lateral_bone(reduced) > PELVIC_BONE_CM2)
    if len(pelvic) * reduced.spacing[0] < 20:
        return "abdomen"
    above = (int(body[-1]) - int(pelvic[-1])) * reduced.spacing[0]
    return "abdomen and pelvis" if above > 60 else "pelvis"


def _has_pelvis(reduced: Reduced, below: int) -> bool:
    pelvic = _lateral_bone(reduced)[:below] > PELVIC_BONE_CM2
    return float(pelvic.sum()) * reduced.spacing[0] > 40


def _lateral_bone(reduced: Reduced) -> np.ndarray:
    """Bone farther than 40 mm to the side of the body's middle, cm² on each slice."""
    x = np.arange(reduced.body.shape[2])
    columns = reduced.body.sum(axis=1)
    middle = (columns * x).sum(axis=1) / np.maximum(columns.sum(axis=1), 1)
    lateral = np.abs(x - middle[:, None]) * reduced.spacing[2] > 40
    return (reduced.bone.sum(axis=1) * lateral).sum(axis=1) * reduced.slice_cm2
