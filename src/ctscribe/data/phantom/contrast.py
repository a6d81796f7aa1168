"""Taking contrast medium out of a scan, so that any phase can be put in.

Every voxel belongs to a compartment that enhances as a whole. A compartment's curve tells, for each attenuation, what
it would be without contrast medium, and which part of the compartment's enhancement it shows. So edges stay as soft as
they were, and heart muscle enhances less than the blood beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32, Int16, UInt8
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.packaged import BLOOD, BONES
from ctscribe.data.phantom.body import Body
from ctscribe.data.phantom.canvas import Phase

COMPARTMENTS: Mapping[str, tuple[str, ...]] = {
    "tissue": (),
    "blood": BLOOD,
    "late_veins": ("inferior_vena_cava", "portal_vein"),
    "liver": ("liver",),
    "spleen": ("spleen",),
    "kidneys": ("kidney_right", "kidney_left"),
    "bone": (*BONES, "skull", "costal_cartilages"),
}
"""Compartment → beginnings of its classes' names. What has no compartment is tissue, with unlabelled vessels in it."""

UNENHANCED_HU: Mapping[str, float] = {"blood": 42, "late_veins": 42, "liver": 58, "spleen": 48, "kidneys": 32}
"""Usual values of healthy organs without contrast medium; ours."""

SOFTEST_VESSEL_HU = 65
"""Unlabelled tissue denser than this takes up contrast medium."""

FULL = 100
"""Uptake of what enhances as its compartment does."""

LEAST_ENHANCEMENT = 10
"""A compartment fewer HU above its unenhanced attenuation has no contrast medium in it."""

LATE_VEINS: Mapping[Phase, float] = {"none": 1.0, "arterial": 0.1, "portal": 1.0}
"""Part of the blood's enhancement that the veins of the abdomen show."""

_HU = np.arange(-1100, 3101, dtype=np.float32)

Curve: TypeAlias = tuple[Float32[np.ndarray, " hu"], Float32[np.ndarray, " hu"]]
"""Attenuation without contrast medium, and uptake from 0 to 1, for every one of ``_HU``."""


def compartments(labels: UInt8[np.ndarray, "z y x"], names: Mapping[int, str]) -> UInt8[np.ndarray, "z y x"]:
    """Index into ``COMPARTMENTS`` of every voxel; organs and bones reach two voxels into what has no label."""
    table = np.zeros(256, np.uint8)
    for number, prefixes in enumerate(COMPARTMENTS.values()):
        for label, name in names.items():
            if prefixes and name.startswith(prefixes):
                table[label] = number
    own = table[labels]
    # The larger number wins where two reach for the same voxel: bone.
    wide = np.where(own > 2, own, 0)
    for axis in range(3):
        wide = ndimage.maximum_filter1d(wide, 5, axis)
    return np.where(labels == 0, wide, own)


def without_contrast(
    hu: Int16[np.ndarray, "z y x"], compartment: UInt8[np.ndarray, "z y x"]
) -> tuple[Int16[np.ndarray, "z y x"], UInt8[np.ndarray, "z y x"]]:
    """Attenuation without contrast medium, and the uptake."""
    levels = {name: _level(hu[compartment == number]) for number, name in enumerate(COMPARTMENTS)}
    levels["tissue"] = levels["blood"]
    curves = [_curve(name, levels[name]) for name in COMPARTMENTS]
    at = np.clip(hu, _HU[0], _HU[-1]).astype(np.int32) - int(_HU[0]) + compartment * np.int32(_HU.size)
    plain = np.concatenate([plain for plain, _ in curves])
    uptake = np.concatenate([uptake for _, uptake in curves])
    return np.rint(plain).astype(np.int16)[at], np.rint(FULL * uptake).astype(np.uint8)[at]


def gains(body: Body) -> Float32[np.ndarray, " compartments"]:
    """HU that one step of uptake adds, for every compartment."""
    blood = body.blood_hu - UNENHANCED_HU["blood"]
    gain = {
        "tissue": blood,
        "blood": blood,
        "late_veins": blood * LATE_VEINS[body.phase],
        "liver": body.liver_hu - UNENHANCED_HU["liver"],
        "spleen": body.spleen_hu - UNENHANCED_HU["spleen"],
        "kidneys": body.kidney_hu - UNENHANCED_HU["kidneys"],
        "bone": 0.0,
    }
    return np.array([gain[name] / FULL for name in COMPARTMENTS], dtype=np.float32)


def _level(hu: Int16[np.ndarray, " voxels"]) -> float:
    """Attenuation of most of a compartment; partial volume at its edge left out."""
    inside = hu[hu > 0]
    return float(np.median(inside)) if inside.size else 0.0


def _curve(name: str, level: float) -> Curve:
    """A compartment's curve, where ``level`` is its attenuation in the scan."""
    if name == "bone":
        return _HU, np.zeros_like(_HU)
    target = UNENHANCED_HU["blood" if name == "tissue" else name]
    if level - target < LEAST_ENHANCEMENT:
        return _HU, np.zeros_like(_HU) if name == "tissue" else _ramp(-20, target)
    if name in ("liver", "spleen"):
        # Texture stays: all of the liver's, a quarter of the spleen's, which enhances unevenly at first.
        inside = target + (1.0 if name == "liver" else 0.25) * (_HU - level)
        part = _ramp(-20, level)
        return np.minimum(_HU + part * (inside - _HU), target + 30), part
    if name == "late_veins":
        return np.minimum(_HU, target + np.clip(0.1 * (_HU - level), -8, 8)), _ramp(-20, target)
    if name == "tissue":
        # Softer than vessels it stays as it is; beyond, it falls to unenhanced blood.
        folded = np.maximum(target, SOFTEST_VESSEL_HU - (_HU - SOFTEST_VESSEL_HU) / 2)
        plain = np.minimum(_HU, folded)
    else:
        # The less it took up, the denser it is without: muscle of the heart, against the blood in it.
        plain = np.minimum(_HU, target + np.clip(0.1 * (level - _HU), -2, 10))
    return plain, np.clip((_HU - plain) / (level - target), 0, 1.5 if name == "kidneys" else 1.05)


def _ramp(low: float, high: float) -> Float32[np.ndarray, " hu"]:
    return np.clip((_HU - low) / np.float32(high - low), 0, 1)
