"""Calcified volume in the walls of the aorta and the coronary arteries."""

from __future__ import annotations

import cc3d
import numpy as np

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.windows import bounding_window

CALCIUM_HU = 130
METAL_HU = 2000
SMALLEST_VOXELS = 3
THICKEST_SLICE_MM = 5.0

_METHOD = (
    "Volume of voxels at 130 HU or more, in groups of at least three (threshold of Agatston et al., J Am Coll Cardiol "
    "1990; volume score of Callister et al., Radiology 1998), inside the {where}"
)
_LIMITS = "Defined for unenhanced, ECG-gated 3 mm slices at 120 kVp; motion blurs small deposits."
_CORONARY_LIMITS = " Valves, the mitral annulus and stents are not told from the coronary arteries."


def calcifications(scan: Scan) -> list[Biomarker]:
    """Calcification volume in mL of the aorta and of the coronary arteries."""
    return [
        _calcification(scan, "aortic_calcification_volume", "aorta", _LIMITS),
        _calcification(scan, "coronary_calcification_volume", "heart", _LIMITS + _CORONARY_LIMITS),
    ]


def _calcification(scan: Scan, name: str, structure: str, limits: str) -> Biomarker:
    reason = _obstacle(scan, structure)
    value, key_slice = (None, None) if reason else _deposits(scan, structure)
    return Biomarker(
        name=name,
        region="heart",
        value=value,
        unit="mL",
        structures=(structure,),
        method=_METHOD.format(where=structure),
        limits=limits,
        reason=reason,
        key_slice=key_slice,
    )


def _obstacle(scan: Scan, structure: str) -> str | None:
    if not scan.present(structure):
        return f"the {structure} was not segmented"
    if scan.enhanced:
        return "contrast medium in the blood hides calcium"
    if scan.enhanced is None:
        return "it could not be told whether the blood holds contrast medium"
    if scan.approximate(structure):
        return f"the outline of the {structure} is too rough to keep neighbouring bone out"
    if scan.volume.slice_mm > THICKEST_SLICE_MM:
        return f"slices of {scan.volume.slice_mm:.1f} mm are too thick"
    label = scan.ids(structure)[0]
    if scan.statistics.share_below(METAL_HU, label) < 1:
        return f"metal in or beside the {structure}"
    return None


def _deposits(scan: Scan, structure: str) -> tuple[float, int | None]:
    """Volume in mL and the slice that holds most of it."""
    window = bounding_window(scan.labelmap.mask(structure))
    if window is None:
        return 0.0, None
    inside = scan.labelmap.labels[window] == scan.ids(structure)[0]
    dense = inside & (scan.volume.hu[window] >= CALCIUM_HU)
    deposits = cc3d.dust(dense, threshold=SMALLEST_VOXELS, connectivity=26)
    per_slice = np.count_nonzero(deposits, axis=(1, 2))
    total = int(per_slice.sum())
    return total * scan.volume.voxel_ml, window[0].start + int(per_slice.argmax()) if total else None
