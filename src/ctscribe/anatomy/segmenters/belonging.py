"""Are these masks of this scan? The attenuation under them says so.

Lungs are air, bones are dense and organs are soft. On one chest with its own TotalSegmentator map, 97 % of the lung
voxels, 94 % of the bone voxels and 98 % of the organ voxels lie in the ranges below; a shift by 12 mm leaves 79, 48 and
77 % at worst, a mirrored map 71, 41 and 65 % at best, another patient's 50, 34 and 70 % (docs/segmentation.md).
Diffuse lung disease fills the lungs alone: bones and organs that fit vouch for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctscribe.anatomy.guidance import LOBES, VERTEBRAE
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadMasks

_BONES = (
    *VERTEBRAE,
    "sacrum",
    "sternum",
    *(f"{bone}_{side}" for bone in ("humerus", "scapula", "clavicula", "femur", "hip") for side in ("left", "right")),
    *(f"rib_{side}_{number}" for side in ("left", "right") for number in range(1, 13)),
)
_ORGANS = (
    "heart",
    "aorta",
    "liver",
    "spleen",
    "kidney_left",
    "kidney_right",
    "esophagus",
    "thyroid_gland",
    "spinal_cord",
    "autochthon_left",
    "autochthon_right",
)


@dataclass(frozen=True)
class Tissue:
    """A group of classes, the HU that they have, and the fraction of voxels below which the masks are not theirs."""

    name: str
    structures: tuple[str, ...]
    hu: tuple[float, float]
    refused_below: float
    vouches_above: float


TISSUES = (
    Tissue("lung", LOBES, (-1100, -400), 0.50, 1.0),
    Tissue("bone", _BONES, (50, 4000), 0.55, 0.75),
    Tissue("organ", _ORGANS, (-60, 600), 0.65, 0.85),
)

FEWEST_VOXELS = 200
"""A tissue with fewer voxels than this is not judged."""

GOOD_FIT = 0.15
"""So far above the limit of refusal the fit needs no word."""


def check_belongs(labelmap: LabelMap, volume: CTVolume) -> tuple[str, ...]:
    """Compare the attenuation under the masks with what they are called.

    Returns
    -------
    A sentence when the fit is poor but not impossible, else nothing.

    Raises
    ------
    BadMasks : lungs, bones or organs lie where the scan has something else (``masks-of-another-scan``).
    """
    fits = {tissue: fit for tissue in TISSUES if (fit := fraction_in_range(tissue, labelmap, volume)) is not None}
    bad = [tissue for tissue, fit in fits.items() if fit < tissue.refused_below]
    vouchers = [tissue for tissue, fit in fits.items() if fit >= tissue.vouches_above]
    diseased_lungs = [tissue.name for tissue in bad] == ["lung"] and len(vouchers) == 2
    if bad and not diseased_lungs:
        figures = " and ".join(f"{fits[tissue]:.0%} of the {tissue.name} voxels" for tissue in bad)
        raise BadMasks(
            f"the masks do not fit this scan: only {figures} have that attenuation",
            hint="give the masks of this very scan, and their names if their ids are not TotalSegmentator's",
            code="masks-of-another-scan",
        )
    poor = [tissue for tissue, fit in fits.items() if fit < tissue.refused_below + GOOD_FIT]
    return tuple(
        f"Only {fits[tissue]:.0%} of the voxels labelled as {tissue.name} have its attenuation; outlines may be off."
        for tissue in poor
    )


def fraction_in_range(tissue: Tissue, labelmap: LabelMap, volume: CTVolume) -> float | None:
    """Fraction of a tissue's voxels whose HU lie in its range; ``None`` when it has too few to judge."""
    hu = volume.hu[labelmap.mask(*tissue.structures)]
    if hu.size < FEWEST_VOXELS:
        return None
    low, high = tissue.hu
    return float(np.count_nonzero((hu >= low) & (hu <= high)) / hu.size)
