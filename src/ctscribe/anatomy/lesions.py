"""Lesion attributes: MedRegion-CT, Eq. 6–7 and Supplementary Algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cc3d
import numpy as np
from jaxtyping import UInt32

from ctscribe.anatomy.guidance import GUIDANCE, Regions, guidance_map, nearest_region
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask, Point, SliceRange

LesionKind = Literal[
    "lung_nodule", "pleural_effusion", "pericardial_effusion", "kidney_cyst", "consolidation", "ground_glass"
]
KINDS: tuple[LesionKind, ...] = get_args(LesionKind)
"""Every lesion kind, in the order of the report."""

REPORT_REGION: dict[LesionKind, str] = {
    "lung_nodule": "lung",
    "pleural_effusion": "lung",
    "pericardial_effusion": "heart",
    "kidney_cyst": "abdomen",
    "consolidation": "lung",
    "ground_glass": "lung",
}
"""Lesion kind → the chest-6 region it is spoken of under."""

KIDNEY_CYST_CLASSES = frozenset({"kidney_cyst_left", "kidney_cyst_right"})
"""TotalSegmentator's organ classes that are lesions."""

SPECK_ML = 0.01
"""Components below this are segmentation noise (a ball of 2.7 mm) where every component is listed."""


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
    key_slice : the slice where the lesion is largest, the middle one of equals.
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


@dataclass(frozen=True, eq=False)
class _Components:
    """Connected components of one lesion kind inside the window that holds them all; component k has number k + 1."""

    kind: LesionKind
    voxel_ml: float
    window: Window
    numbers: UInt32[np.ndarray, "z y x"]
    regions: Regions
    counts: list[int]
    boxes: list[Window]
    centroids: list[tuple[float, float, float]]


def measure_lesions(
    labelmap: LabelMap,
    volume: CTVolume | None = None,
    *,
    all_components: bool = False,
    axes: Literal["axial", "all"] = "axial",
    minimum_ml: float | None = None,
) -> tuple[Lesion, ...]:
    """Measure every lesion of a label map: MedRegion-CT, Eq. 6–7.

    By default one lesion for each kind k and guidance region r: Ω = the largest component of A_r ∩ L_k, its volume
    |Ω|·s_z·s_y·s_x in mL, and its diameter, the longest bounding-box side in mm. Nothing where Ω is empty.

    With ``all_components`` every component of L_k is one lesion of its own, in the guidance region that it overlaps
    most. It is not cut at lobe borders: a nodule that crosses a fissure is one nodule, and cutting it would report two
    smaller ones. Pleural fluid alone is cut at the midline, since the two pleural cavities do not communicate.

    Components are 26-connected. Kidney cysts given as organ classes (``kidney_cyst_left``) count like a lesion mask.

    Parameters
    ----------
    labelmap : organs and lesion masks.
    volume : the scan, for the mean attenuation.
    all_components : list every component instead of the largest in each guidance region.
    axes : the bounding-box sides that the diameter is taken from: in the axial plane, or all three.
    minimum_ml : smaller lesions are left out; by default none, and ``SPECK_ML`` with ``all_components``.

    Returns
    -------
    Lesions by descending volume.
    """
    smallest = (SPECK_ML if all_components else 0.0) if minimum_ml is None else minimum_ml
    lesions: list[Lesion] = []
    for kind in KINDS:
        components = _components(kind, labelmap, whole=all_components and kind != "pleural_effusion")
        if components is None:
            continue
        found = [
            _measure(components, k, labelmap, volume, axes)
            for k, count in enumerate(components.counts)
            if count * components.voxel_ml >= smallest
        ]
        lesions += found if all_components else _largest_in_each_region(found)
    return tuple(sorted(lesions, key=lambda lesion: (-lesion.volume_ml, KINDS.index(lesion.kind), lesion.box)))


def lesion_sentence(lesion: Lesion) -> str:
    """The lesion's line in MedRegion-CT's prompt: kind, diameter, volume, guidance region."""
    kind, location = (name.replace("_", " ") for name in (lesion.kind, lesion.sub_region))
    return f"{kind}: diameter {lesion.diameter_mm:.1f} mm, volume {lesion.volume_ml:.1f} mL, location {location}"


def _lesion_mask(kind: LesionKind, labelmap: LabelMap) -> Mask | None:
    mask = labelmap.lesions.get(kind)
    classes = KIDNEY_CYST_CLASSES & labelmap.present if kind == "kidney_cyst" else frozenset()
    if not classes:
        return mask
    cysts = labelmap.mask(*classes)
    return cysts if mask is None else mask | cysts


def _components(kind: LesionKind, labelmap: LabelMap, *, whole: bool) -> _Components | None:
    """Components of a kind: of L_k when ``whole``, else of every A_r ∩ L_k."""
    mask = _lesion_mask(kind, labelmap)
    window = None if mask is None else bounding_window(mask)
    if mask is None or window is None:
        return None
    regions = guidance_map(kind, labelmap, window)
    inside = mask[window]
    separate = inside.astype(np.uint8) if whole else np.where(inside, regions, np.uint8(0))
    numbers = cc3d.connected_components(separate, connectivity=26, out_dtype=np.uint32)
    statistics = cc3d.statistics(numbers)
    return _Components(
        kind=kind,
        voxel_ml=abs(float(np.linalg.det(labelmap.affine[:3, :3]))) / 1000,
        window=window,
        numbers=numbers,
        regions=regions,
        counts=[int(count) for count in statistics["voxel_counts"][1:]],
        boxes=list(statistics["bounding_boxes"][1:]),
        centroids=[(float(z), float(y), float(x)) for z, y, x in statistics["centroids"][1:]],
    )


def _measure(
    components: _Components, k: int, labelmap: LabelMap, volume: CTVolume | None, axes: Literal["axial", "all"]
) -> Lesion:
    box = components.boxes[k]
    inside = components.numbers[box] == k + 1
    start = [axis.start for axis in components.window]
    first, last = zip(*((int(o + s.start), int(o + s.stop - 1)) for o, s in zip(start, box, strict=True)), strict=True)
    z, y, x = (float(c + o) for c, o in zip(components.centroids[k], start, strict=True))
    spacing = np.linalg.norm(labelmap.affine[:3, :3], axis=0)
    sides = (np.array(last) - np.array(first) + 1) * spacing
    window = tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))
    px, py, pz = (labelmap.affine @ np.array([z, y, x, 1.0]))[:3]
    source, confidence = _finder(components, k, labelmap)
    return Lesion(
        kind=components.kind,
        region=REPORT_REGION[components.kind],
        sub_region=_sub_region(components, k, inside, labelmap, (z, y, x)),
        volume_ml=components.counts[k] * components.voxel_ml,
        diameter_mm=float((sides[1:] if axes == "axial" else sides).max()),
        centroid_mm=(float(px), float(py), float(pz)),
        slices=(first[0], last[0]),
        key_slice=first[0] + _largest_slice(inside),
        box=((first[0], last[0]), (first[1], last[1]), (first[2], last[2])),
        mean_hu=None if volume is None else float(volume.hu[window][inside].mean(dtype=np.float64)),
        source=source,
        confidence=confidence,
    )


def _largest_slice(inside: Mask) -> int:
    areas = np.count_nonzero(inside, axis=(1, 2))
    largest = np.flatnonzero(areas == areas.max())
    return int(largest[(len(largest) - 1) // 2])


def _sub_region(
    components: _Components, k: int, inside: Mask, labelmap: LabelMap, centre: tuple[float, float, float]
) -> str:
    """The guidance region the component overlaps most, else the nearest, else the report region."""
    overlap = np.bincount(components.regions[components.boxes[k]][inside], minlength=2)[1:]
    if overlap.any():
        return GUIDANCE[components.kind][int(overlap.argmax())].name
    return nearest_region(components.kind, labelmap, centre) or REPORT_REGION[components.kind]


def _finder(components: _Components, k: int, labelmap: LabelMap) -> tuple[str, float | None]:
    """Source and confidence of the detector's entry inside the component, else the label map's source."""
    for detection in labelmap.detections:
        voxel = tuple(v - w.start for v, w in zip(detection.voxel, components.window, strict=True))
        within = all(0 <= v < n for v, n in zip(voxel, components.numbers.shape, strict=True))
        if detection.kind == components.kind and within and components.numbers[voxel] == k + 1:
            return detection.source, detection.confidence
    return labelmap.source, None


def _largest_in_each_region(lesions: list[Lesion]) -> list[Lesion]:
    """The largest lesion of each sub-region; among equal volumes the one with the larger diameter."""
    largest: dict[str, Lesion] = {}
    for lesion in lesions:
        best = largest.get(lesion.sub_region)
        if best is None or (lesion.volume_ml, lesion.diameter_mm) > (best.volume_ml, best.diameter_mm):
            largest[lesion.sub_region] = lesion
    return list(largest.values())
