"""Any real anatomy made normal: lesions and calcification gone, contrast medium taken out and kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cc3d
import numpy as np
from jaxtyping import Int16, UInt8
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import bounding_window
from ctscribe.data.phantom.contrast import COMPARTMENTS, compartments, without_contrast
from ctscribe.data.phantom.fragments import without_fragments
from ctscribe.data.phantom.painting_out import paint_out, widened
from ctscribe.types import HUArray, Mask, Spacing

AIR_HU = -1000

TISSUE_HU = -400
"""What is denser belongs to the body or to the table."""

UNDILUTED_HU = 700
"""Contrast medium so dense makes streaks around it."""

STREAK_MM = 15.0
SOFT_TISSUE_HU = (-120, 60)
"""From fat to muscle."""

LUNG_HU = (-900, -700)
SOFTEST_BONE_HU = 250


@dataclass(frozen=True, eq=False)
class Normal:
    """What an ``Anatomy`` is made of; see there."""

    hu: Int16[np.ndarray, "z y x"]
    uptake: UInt8[np.ndarray, "z y x"]
    compartments: UInt8[np.ndarray, "z y x"]
    labels: UInt8[np.ndarray, "z y x"]


def made_normal(
    hu: HUArray, labels: UInt8[np.ndarray, "z y x"], names: Mapping[int, str], spacing: Spacing, lesions: Mask
) -> Normal:
    """Leave only what a healthy person without contrast medium would show.

    Lesions in the lungs give way to lung from nearby; table and clothes to air; stray fragments of labels to the labels
    around them; calcification, undiluted contrast medium and its streaks to blood and soft tissue.

    Parameters
    ----------
    hu, labels, names, spacing : the scan and its label map.
    lesions : what is to be painted out.
    """
    hu = np.clip(hu, -1024, 3071).astype(np.int16)
    labels = without_fragments(labels)
    ids = [label for label, name in names.items() if name in LOBES]
    lungs = np.isin(labels, ids)
    paint_out(hu, lesions, lungs, spacing)
    outside = _outside(hu)
    hu[outside] = AIR_HU
    labels[outside] = 0
    compartment = compartments(labels, names)
    compartment[(labels == 0) & (hu > UNDILUTED_HU)] = 0
    _calm_streaks(hu, compartment, lungs, ~outside, spacing)
    plain, uptake = without_contrast(hu, compartment)
    return Normal(plain, uptake, compartment, labels)


def _outside(hu: Int16[np.ndarray, "z y x"]) -> Mask:
    """Air around the body, with the table and clothes in it."""
    tissue = hu > TISSUE_HU
    # The back touches the table, which is thin: what is left without it grows back to the skin.
    thick = tissue.view(np.uint8)
    for axis in (1, 2):
        thick = ndimage.minimum_filter1d(thick, 5, axis)
    body = cc3d.largest_k(thick, k=1, connectivity=6).astype(np.uint8)
    for axis in (1, 2):
        body = ndimage.maximum_filter1d(body, 5, axis)
    body = (body > 0) & tissue
    rest = cc3d.connected_components(~body, connectivity=6)
    return rest == rest[0, 0, 0]


def _calm_streaks(
    hu: Int16[np.ndarray, "z y x"], compartment: UInt8[np.ndarray, "z y x"], lungs: Mask, inside: Mask, spacing: Spacing
) -> None:
    """Hold soft tissue near undiluted contrast medium between fat and muscle, and lung at lung's density, in place."""
    names = list(COMPARTMENTS)
    tissue = compartment == names.index("tissue")
    undiluted = (hu > UNDILUTED_HU) & (tissue | (compartment == names.index("blood")))
    window = bounding_window(undiluted, margin=round(STREAK_MM / min(spacing)))
    if window is None:
        return
    there, lungs = hu[window], lungs[window]
    near = widened(undiluted[window], STREAK_MM, spacing) & inside[window]
    soft = near & tissue[window] & (there < SOFTEST_BONE_HU) & ~widened(lungs, max(spacing), spacing)
    there[soft] = np.clip(there[soft], *SOFT_TISSUE_HU)
    there[near & lungs] = np.clip(there[near & lungs], *LUNG_HU)
