"""The packaged anatomy brought onto a scan: lungs' boxes, affine, demons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from ctscribe.anatomy.segmenters.atlas.affine import LungBox, register_affine, starts
from ctscribe.anatomy.segmenters.atlas.demons import CLOSE_BY, FAR_OFF, register_demons
from ctscribe.anatomy.segmenters.atlas.features import BONE, BRIGHT_BLOOD, blood_channel, bone_channel, features
from ctscribe.anatomy.segmenters.atlas.lungs import find_lungs, patient
from ctscribe.anatomy.segmenters.atlas.morphology import dilated
from ctscribe.anatomy.segmenters.atlas.packaged import BONES, CT_SPACING, load_atlas
from ctscribe.anatomy.segmenters.atlas.skeleton import slide
from ctscribe.anatomy.segmenters.atlas.warping import Mapping, covered, through_affine
from ctscribe.types import Mask

BRIGHT_WITH_CONTRAST = (
    "heart", "aorta", "pulmonary_vein", "brachiocephalic", "subclavian", "common_carotid", "atrial", "superior_vena",
    "inferior_vena", "portal", "spleen", "kidney", "liver", "stomach", "colon", "small_bowel", "duodenum",
)  # fmt: skip
WEIGHTS = np.ones(3, dtype=np.float32)
SKELETON_WEIGHTS = np.array([0.3, 0.3, 1.0], dtype=np.float32)
BLOOD_WEIGHT = np.float32(2.0)
ATLAS_BLOOD = 380.0  # HU
ONE_SIDE = 0.88  # share of the air beyond which the other lung counts as airless
Side = Literal["both", "left", "right"]


def blood_level(hu: Float32[np.ndarray, "z y x"], labels: UInt8[np.ndarray, "z y x"]) -> float:
    """HU of the blood pool: the upper quartile over the carried heart and aorta; −1000 when neither is in view."""
    atlas = load_atlas()
    pool = hu[np.isin(labels, atlas.ids("heart", "aorta"))]
    return float(np.percentile(pool, 75)) if pool.size > 500 else -1000.0


@dataclass(frozen=True, eq=False)
class Reference:
    """The atlas as registration sees it, on its 3 mm grid."""

    channels: Float32[np.ndarray, "channel z y x"]
    lungs: Mask
    not_bone: Mask
    blood: Float32[np.ndarray, "z y x"]
    cage: Mask


@cache
def reference(side: Side = "both") -> Reference:
    """Channels of the packaged anatomy, made by the same rules as a scan's, once per process and side with air."""
    atlas = load_atlas()
    hu = atlas.ct.astype(np.float32)
    labels = atlas.labels[::2, ::2, ::2][: hu.shape[0], : hu.shape[1], : hu.shape[2]]
    bright = dilated(np.isin(labels, atlas.ids(*BRIGHT_WITH_CONTRAST)))
    bones = np.isin(labels, atlas.ids(*BONES))
    not_bone = bright & ~bones
    lungs = find_lungs(hu, CT_SPACING)
    middle = round(float(np.nonzero(np.isin(labels, atlas.ids("vertebrae")))[2].mean()))
    if side == "left":
        lungs[:, :, :middle] = False
    elif side == "right":
        lungs[:, :, middle:] = False
    blood = blood_channel(hu, ATLAS_BLOOD, dilated(bones))
    channels = features(hu, lungs, CT_SPACING)
    channels[BONE] = bone_channel(hu, not_bone, CT_SPACING)
    return Reference(channels, lungs, not_bone, blood, _cage(labels))


def side_with_air(hu: Float32[np.ndarray, "z y x"], lungs: Mask) -> Side:
    """Which of the patient's lungs hold air: one alone when the other is filled, collapsed or gone."""
    at = lungs.any(axis=(1, 2))
    body = (patient(hu, CT_SPACING) | lungs)[at]
    middle = round(float(np.median(np.nonzero(body)[2])))
    left = float(lungs[:, :, middle:].sum()) / float(lungs.sum())
    return "left" if left > ONE_SIDE else "right" if left < 1 - ONE_SIDE else "both"


def _cage(labels: UInt8[np.ndarray, "z y x"]) -> Mask:
    """Spine and the posterior part of the ribs: what slides along the lungs as one."""
    atlas = load_atlas()
    spine = np.isin(labels, atlas.ids("vertebrae"))
    front = np.nonzero(spine)[1].min()
    cage = spine | np.isin(labels, atlas.ids("rib_"))
    cage[:, :front] = False
    return cage


def _slide_field(
    bone: Float32[np.ndarray, "z y x"], affine: Float64[np.ndarray, "3 4"]
) -> Float32[np.ndarray, "3 z y x"]:
    """Displacement (mm) of the whole scan by the slide that brings spine and ribs to the level where they fit."""
    atlas = reference()
    about = np.argwhere(dilated(atlas.cage, 2))[::3]
    brightness = atlas.channels[BONE][tuple(about.T)]
    points = ((about + 0.5) * CT_SPACING - affine[:, 3]) @ np.linalg.inv(affine[:, :3]).T
    centre, scale, shift = slide(points, brightness, bone, CT_SPACING)
    z = (np.arange(bone.shape[0], dtype=np.float32) + 0.5) * CT_SPACING
    field = np.zeros((3, *bone.shape), dtype=np.float32)
    field[0] = ((z - centre - shift) / scale + centre - z)[:, None, None]
    return field


def register(hu: Float32[np.ndarray, "z y x"], lungs: Mask) -> tuple[Mapping, Mapping]:
    """Mappings of organs and of the skeleton from a scan on its 3 mm working grid; ``lungs`` must not be empty.

    Two, because lungs and abdomen slide along the ribs and the spine with every breath.
    """
    atlas = reference(side_with_air(hu, lungs))
    scan = features(hu, lungs, CT_SPACING)
    boxes = (LungBox.of(mask, CT_SPACING) for mask in (lungs, atlas.lungs))
    affine = register_affine(scan, atlas.channels, starts(*boxes), CT_SPACING)
    not_bone = through_affine(atlas.not_bone, affine, hu.shape) > 0.5
    scan[BONE] = bone_channel(hu, not_bone, CT_SPACING)
    moved = np.stack([through_affine(channel, affine, hu.shape) for channel in atlas.channels])
    valid = covered(atlas.lungs.shape, affine, hu.shape)
    organs = Mapping(affine, _register_organs(hu, scan, moved, valid, affine), CT_SPACING)
    first = Mapping(affine, _slide_field(scan[BONE], affine), CT_SPACING)
    bones = np.isin(first.carry_labels(load_atlas().labels, hu.shape, CT_SPACING), load_atlas().ids(*BONES))
    near = dilated(bones, 4).astype(np.float32) * valid
    field = register_demons(scan, moved, near, SKELETON_WEIGHTS, CT_SPACING, CLOSE_BY, first.displacement)
    return organs, Mapping(affine, field, CT_SPACING)


def _register_organs(hu, scan, moved, valid, affine) -> Float32[np.ndarray, "3 z y x"]:
    """Displacement of the organs; when the blood is bright a second pass lets it pull as well."""
    atlas, shape = load_atlas(), hu.shape
    field = register_demons(scan, moved, valid, WEIGHTS, CT_SPACING, FAR_OFF + CLOSE_BY)
    labels = Mapping(affine, field, CT_SPACING).carry_labels(atlas.labels, shape, CT_SPACING)
    level = blood_level(hu, labels)
    if level < BRIGHT_BLOOD:
        return field
    bones = dilated(np.isin(labels, atlas.ids(*BONES)))
    scan = np.concatenate([scan, blood_channel(hu, level, bones)[None]])
    moved = np.concatenate([moved, through_affine(reference().blood, affine, shape)[None]])
    return register_demons(scan, moved, valid, np.append(WEIGHTS, BLOOD_WEIGHT), CT_SPACING, CLOSE_BY, field)
