"""Anatomical guidance regions A_r of MedRegion-CT, Eq. 6: where each kind of lesion is looked for and spoken of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt8

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window
from ctscribe.types import Mask

Side = Literal["left", "right"]
Regions = UInt8[np.ndarray, "z y x"]

LOBES = (
    "lung_upper_lobe_left",
    "lung_lower_lobe_left",
    "lung_upper_lobe_right",
    "lung_middle_lobe_right",
    "lung_lower_lobe_right",
)
VERTEBRAE = (
    *(f"vertebrae_C{level}" for level in range(1, 8)),
    *(f"vertebrae_T{level}" for level in range(1, 13)),
    *(f"vertebrae_L{level}" for level in range(1, 6)),
)


@dataclass(frozen=True)
class GuidanceRegion:
    """A sub-region that lesions are located in.

    ``structures`` are the TotalSegmentator classes whose union it is. A region without structures is the whole
    hemithorax of its ``side``, or, without a side, the whole scan.
    """

    name: str
    structures: tuple[str, ...] = ()
    side: Side | None = None


_IN_LOBES = tuple(GuidanceRegion(lobe, (lobe,)) for lobe in LOBES)

GUIDANCE: Mapping[str, tuple[GuidanceRegion, ...]] = {
    "lung_nodule": _IN_LOBES,
    "consolidation": _IN_LOBES,
    "ground_glass": _IN_LOBES,
    # Fluid lies between lung and chest wall, where no organ class is: the side alone says where.
    "pleural_effusion": (GuidanceRegion("pleura_left", side="left"), GuidanceRegion("pleura_right", side="right")),
    # No class is the pericardium: fluid of this kind lies in it by definition.
    "pericardial_effusion": (GuidanceRegion("pericardium"),),
    "kidney_cyst": tuple(
        GuidanceRegion(f"kidney_{side}", (f"kidney_{side}", f"kidney_cyst_{side}")) for side in ("left", "right")
    ),
}
"""Lesion kind → its guidance regions; they never overlap."""


def midline(labelmap: LabelMap) -> Float64[np.ndarray, " z"]:
    """Column index x of the body's midline in every axial slice.

    It follows the spine; slices without spine take the nearest ones' value. Without any spine it is half way between
    the lungs' outer borders, and without lungs the middle of the grid.
    """
    per_column = labelmap.mask("spinal_cord", *VERTEBRAE).sum(axis=1, dtype=np.int64)
    per_slice = per_column.sum(axis=1)
    slices = np.flatnonzero(per_slice)
    depth, _, width = labelmap.labels.shape
    if slices.size:
        centres = per_column[slices] @ np.arange(width) / per_slice[slices]
        return np.interp(np.arange(depth), slices, centres)
    columns = np.flatnonzero(labelmap.region("lung").any(axis=(0, 1)))
    middle = (columns[0] + columns[-1]) / 2 if columns.size else (width - 1) / 2
    return np.full(depth, middle)


def left_half(labelmap: LabelMap, window: Window) -> Mask:
    """Voxels of the window on the patient's left of the midline."""
    columns = np.arange(labelmap.labels.shape[2])[window[2]]
    left = columns[None, None, :] >= midline(labelmap)[window[0]][:, None, None]
    rows = len(range(*window[1].indices(labelmap.labels.shape[1])))
    return np.broadcast_to(left, (left.shape[0], rows, left.shape[2]))


def guidance_map(kind: str, labelmap: LabelMap, window: Window) -> Regions:
    """The kind's guidance regions inside a window of the grid: 1 + index into ``GUIDANCE[kind]``, 0 in none."""
    labels = labelmap.labels[window]
    table = np.zeros(np.iinfo(labels.dtype).max + 1, dtype=np.uint8)
    regions = np.zeros(labels.shape, dtype=np.uint8)
    for number, region in enumerate(GUIDANCE[kind], start=1):
        if region.structures:
            table[list(labelmap.ids(*region.structures))] = number
        elif region.side is None:
            regions[:] = number
        else:
            regions[left_half(labelmap, window) == (region.side == "left")] = number
    return table[labels] if table.any() else regions


def nearest_region(kind: str, labelmap: LabelMap, centre: tuple[float, float, float]) -> str | None:
    """Name of the guidance region nearest to an array index (z, y, x), ``None`` where no region is in the scan."""
    spacing = np.linalg.norm(labelmap.affine[:3, :3], axis=0)
    distances: dict[str, float] = {}
    for region in GUIDANCE[kind]:
        voxels = np.argwhere(labelmap.mask(*region.structures))
        if len(voxels):
            distances[region.name] = float(np.linalg.norm((voxels - np.array(centre)) * spacing, axis=1).min())
    return min(distances, key=lambda name: distances[name], default=None)
