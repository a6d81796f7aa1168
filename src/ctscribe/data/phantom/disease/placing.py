"""Where a nodule or mass may grow."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.types import Mask

Site: TypeAlias = Literal["anywhere", "subpleural", "perifissural"]

DIFFUSE = ("ground_glass", "emphysema", "septal_thickening", "mosaic_attenuation")
"""A nodule may lie in these."""

VESSEL_HU = -500.0
MOST_VESSELS = 0.08
"""Share of a nodule's box that vessels may take."""

GAP = 2
"""Voxels between two nodules, at least."""


def allowed_numbers(lungs: Lungs) -> list[int]:
    """Numbers of the findings that a nodule may lie in; 0 is healthy."""
    return [0, *(one.number for one in lungs.canvas.findings if one.number and one.kind in DIFFUSE)]


def nodule_numbers(lungs: Lungs) -> list[int]:
    """Numbers of the nodules and masses that there are."""
    return [one.number for one in lungs.canvas.findings if FINDING_KINDS[one.kind].mask == "lung_nodule"]


def takes(lungs: Lungs, window: Window, mask: Mask, allowed: list[int]) -> bool:
    """Whether a nodule's voxels are free, off the big vessels, and ``GAP`` voxels from every other nodule.

    ``window`` is a part of the lungs' window that holds the mask and ``GAP`` voxels around it.
    """
    numbers = lungs.canvas.instances[lungs.window][window]
    if np.isin(numbers, nodule_numbers(lungs)).any() or not np.isin(numbers[mask], allowed).all():
        return False
    vessels = mask & (lungs.hu[window] > VESSEL_HU)
    return int(vessels.sum()) <= MOST_VESSELS * int(mask.sum())


def suits(lungs: Lungs, window: Window, site: Site) -> bool:
    """Whether the voxels around a nodule are such as its site has."""
    lobes = lungs.lobes[window]
    if site == "subpleural":
        return not lobes.all()
    return site == "anywhere" or np.unique(lobes[lobes > 0]).size > 1
