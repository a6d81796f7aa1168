"""From carried labels to the scan's own borders, wherever intensities decide them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ctscribe.anatomy.segmenters.atlas.airway import find_airway
from ctscribe.anatomy.segmenters.atlas.bones import centre_cord, refine_bones
from ctscribe.anatomy.segmenters.atlas.features import BRIGHT_BLOOD
from ctscribe.anatomy.segmenters.atlas.lobes import divide, lung_mask
from ctscribe.anatomy.segmenters.atlas.morphology import averaged
from ctscribe.anatomy.segmenters.atlas.organs import FAT, refine_blood, refine_organ
from ctscribe.anatomy.segmenters.atlas.packaged import BLOOD, BONES, Atlas
from ctscribe.types import Mask

EVEN_ORGANS = ("liver", "spleen", "kidney_left", "kidney_right")
BESIDE_BONE = ("autochthon", "costal_cartilages")  # they move with the skeleton
AIR = -200.0  # HU


@dataclass(frozen=True, eq=False)
class Carried:
    """Atlas labels on the fine grid: by the organs' mapping, and by the skeleton's."""

    organs: UInt8[np.ndarray, "z y x"]
    skeleton: UInt8[np.ndarray, "z y x"]


def refine(
    hu: Float32[np.ndarray, "z y x"], carried: Carried, lungs: Mask, blood: float, atlas: Atlas, spacing: float
) -> UInt8[np.ndarray, "z y x"]:
    """Label map on the grid of ``hu``.

    ``lungs`` are the lungs that were registered, ``blood`` the HU of the blood pool.
    """
    cord, trachea = atlas.id("spinal_cord"), atlas.id("trachea")
    airway = find_airway(hu, carried.organs == trachea, spacing)
    lobes = _only(carried.organs, atlas.ids("lung_"))
    inner = lung_mask(hu, lungs, airway, lobes > 0, spacing)
    air = (hu < AIR) | inner

    labels = _soft(hu, carried, ~air, blood, atlas, spacing)
    claimed = np.isin(labels, atlas.ids(*BESIDE_BONE), invert=True) & (labels > 0)
    canal = carried.skeleton == cord
    bones = refine_bones(hu, _only(carried.skeleton, atlas.ids(*BONES)), ~claimed & ~air & ~canal, spacing)
    labels = np.where(bones > 0, bones, labels)
    labels[centre_cord(hu, canal, bones > 0, spacing)] = cord
    labels = np.where(inner, divide(inner, lobes), labels)
    labels[airway] = trachea
    return labels


def _only(labels: UInt8[np.ndarray, "z y x"], ids: tuple[int, ...]) -> UInt8[np.ndarray, "z y x"]:
    return np.where(np.isin(labels, ids), labels, 0).astype(np.uint8)


def _soft(
    hu: np.ndarray, carried: Carried, tissue: Mask, blood: float, atlas: Atlas, spacing: float
) -> UInt8[np.ndarray, "z y x"]:
    """Everything but lungs, airway, bones and cord."""
    elsewhere = atlas.ids(*BONES, *BESIDE_BONE, "spinal_cord", "lung_", "trachea")
    labels = np.where(tissue & np.isin(carried.organs, elsewhere, invert=True), carried.organs, 0).astype(np.uint8)
    beside = _only(carried.skeleton, atlas.ids(*BESIDE_BONE))
    labels = np.where((labels == 0) & tissue, beside, labels)
    smooth = averaged(hu)
    for name in EVEN_ORGANS:
        mine = labels == atlas.id(name)
        organ = refine_organ(smooth, mine, tissue & ((labels == 0) | mine), spacing)
        labels[mine & ~organ] = 0
        labels[organ] = atlas.id(name)
    vessels = _only(labels, atlas.ids(*BLOOD))
    labels[(vessels > 0) & (smooth < FAT)] = 0
    if blood < BRIGHT_BLOOD:
        return labels
    others = (labels > 0) & (vessels == 0)
    return np.where(others, labels, refine_blood(smooth, vessels, tissue & ~others, blood, spacing))
