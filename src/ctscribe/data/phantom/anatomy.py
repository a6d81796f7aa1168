"""The real anatomies that phantoms are made from: a CT with its label map, made normal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from jaxtyping import Int16, UInt8

from ctscribe.anatomy.segmenters.atlas.packaged import CT_SPACING, LABEL_SPACING, Atlas, load_atlas
from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.ct.readers import read_volume
from ctscribe.ct.resampling import resample_onto
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.data.phantom.landmarks import Landmarks, find_landmarks
from ctscribe.data.phantom.normal import made_normal
from ctscribe.errors import BadInput
from ctscribe.types import Mask, Spacing

ATLAS_ORIGIN = (-166.0, -170.9, -340.0)
"""LPS position in mm of the centre of the atlas's first label voxel, in the sample scan's frame. The atlas was made at
1.5 mm from the first voxel of the full-resolution series on; shifting it against the sample in steps of 0.25 mm, the
mean difference of their attenuation is smallest here."""

PAINTED_OUT_HU = 150.0
"""By how much the sample exceeds the atlas where the atlas's mass was painted out."""


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A normal person, without contrast medium, and where contrast medium would go.

    Parameters
    ----------
    name : of the scan it comes from.
    hu : Hounsfield units before contrast medium, axes (z, y, x) toward Superior, Posterior, Left.
    uptake : 1/100 of the enhancement of its compartment: 100 where the compartment enhances fully.
    compartments : which of ``contrast.COMPARTMENTS`` a voxel enhances with.
    labels : TotalSegmentator ids.
    names : id → class.
    spacing : mm along (z, y, x).
    sha256 : of attenuation and labels, for manifests.
    """

    name: str
    hu: Int16[np.ndarray, "z y x"]
    uptake: UInt8[np.ndarray, "z y x"]
    compartments: UInt8[np.ndarray, "z y x"]
    labels: UInt8[np.ndarray, "z y x"]
    names: Mapping[int, str]
    spacing: Spacing
    sha256: str

    @property
    def size_mm(self) -> Spacing:
        """From the first voxel's centre to the last one's, along (z, y, x)."""
        z, y, x = ((n - 1) * step for n, step in zip(self.labels.shape, self.spacing, strict=True))
        return z, y, x

    @cached_property
    def landmarks(self) -> Landmarks:
        """Where lungs and heart lie."""
        return find_landmarks(self.labels, self.names, self.spacing)


@cache
def packaged_anatomy() -> Anatomy:
    """The patient of the packaged sample scan and atlas, the mass in the left lower lobe painted out."""
    with resources.as_file(resources.files("ctscribe") / "sample" / "lidc-idri-0001.zip") as path:
        volume = read_volume(path)
    atlas = load_atlas()
    affine = canonical_affine((LABEL_SPACING, LABEL_SPACING, LABEL_SPACING), ATLAS_ORIGIN)
    labels = resample_onto(atlas.labels, affine, volume.affine, volume.shape, order="nearest")
    return _anatomy("lidc-idri-0001", volume, labels, atlas.names, _painted_out(volume, atlas, labels))


def read_anatomy(ct: Path, masks: Path) -> Anatomy:
    """A user's own anatomy.

    Parameters
    ----------
    ct : whatever ``read_volume`` reads: a whole chest, at most 3 mm between slices for sharp phantoms.
    masks : whatever ``--masks`` takes; it needs the five lobes and the heart, and should have the aorta, the liver,
        the spine and the ribs. Lesion masks that come with it are painted out.

    Raises
    ------
    BadInput : the scan or the masks cannot be read, or lack the lungs or the heart.
    """
    volume = read_volume(ct)
    labelmap = UserMasks(masks)(volume)
    names = {label: name for label, name in labelmap.names.items() if name in labelmap.present}
    if max(names, default=0) > 255:
        raise BadInput("the anatomy's masks use ids above 255", hint="number the classes 1 to 255", code="label-ids")
    lesions = np.zeros(volume.shape, bool)
    for mask in labelmap.lesions.values():
        lesions |= mask
    return _anatomy(ct.name, volume, labelmap.labels.astype(np.uint8), names, lesions)


def _anatomy(
    name: str, volume: CTVolume, labels: UInt8[np.ndarray, "z y x"], names: Mapping[int, str], lesions: Mask
) -> Anatomy:
    find_landmarks(labels, names, volume.spacing)  # refuses what lacks them before the work
    normal = made_normal(volume.hu, labels, names, volume.spacing, lesions)
    digest = hashlib.sha256(normal.hu.tobytes())
    digest.update(normal.labels.tobytes())
    return Anatomy(
        name, normal.hu, normal.uptake, normal.compartments, normal.labels, names, volume.spacing,
        digest.hexdigest(),
    )  # fmt: skip


def _painted_out(volume: CTVolume, atlas: Atlas, labels: UInt8[np.ndarray, "z y x"]) -> Mask:
    """Where the atlas's CT has flat lung and the sample something denser."""
    x, y, z = (start + (CT_SPACING - LABEL_SPACING) / 2 for start in ATLAS_ORIGIN)
    affine = canonical_affine((CT_SPACING, CT_SPACING, CT_SPACING), (x, y, z))
    there = resample_onto(volume.hu.astype(np.float32), volume.affine, affine, atlas.ct.shape, background=-1024)
    denser = np.clip(there, -1024, 1500) - atlas.ct > PAINTED_OUT_HU
    mass = resample_onto(denser, affine, volume.affine, volume.shape, order="nearest")
    return mass & (labels == atlas.id("lung_lower_lobe_left"))
