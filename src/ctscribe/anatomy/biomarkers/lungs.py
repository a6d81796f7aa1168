"""Lung volumes and the emphysema index."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.contrast import eroded_values
from ctscribe.anatomy.guidance import LOBES

EMPHYSEMA_HU = -950
THICKEST_SLICE_MM = 5.0
NOISIEST_AIR_HU = 50.0
"""Noise (SD) in the tracheal air above which voxels of healthy lung fall below −950 HU in numbers."""

_SIDES = {
    "": LOBES,
    "_left": tuple(lobe for lobe in LOBES if lobe.endswith("left")),
    "_right": tuple(lobe for lobe in LOBES if lobe.endswith("right")),
}
_VOLUME_METHOD = "Voxel count of the segmented lobes times the voxel volume"
_VOLUME_LIMITS = "Depends on the depth of inspiration; consolidation, masses and fluid left out of the lobes lower it."
_EMPHYSEMA_METHOD = (
    "Low-attenuation area: share of lung voxels below -950 HU (LAA-950; Gevenois et al., Am J Respir Crit Care Med "
    "1996)"
)
_EMPHYSEMA_LIMITS = (
    "Validated on thin unenhanced slices at full inspiration; contrast medium and thick slices lower it, noise and "
    "sharp kernels raise it."
)


def lung_volumes(scan: Scan) -> list[Biomarker]:
    """Lung volume in mL: total, left and right."""
    return [
        Biomarker(
            name=f"lung_volume{side or '_total'}",
            region="lung",
            value=None if reason else scan.statistics.count(*scan.ids(*lobes)) * scan.volume.voxel_ml,
            unit="mL",
            structures=lobes,
            method=_VOLUME_METHOD,
            limits=_VOLUME_LIMITS,
            reason=reason,
            approximate=scan.approximate(*lobes),
        )
        for side, lobes in _SIDES.items()
        for reason in [_incomplete(scan, lobes)]
    ]


def emphysema_index(scan: Scan) -> list[Biomarker]:
    """Emphysema index in per cent: both lungs, left and right."""
    return [
        Biomarker(
            name=f"emphysema_index{side}",
            region="lung",
            value=None if reason else 100 * scan.statistics.share_below(EMPHYSEMA_HU, *scan.ids(*lobes)),
            unit="%",
            structures=lobes,
            method=_EMPHYSEMA_METHOD,
            limits=_EMPHYSEMA_LIMITS + _kernel_caution(scan),
            reason=reason,
            approximate=scan.approximate(*lobes),
        )
        for side, lobes in _SIDES.items()
        for reason in [_incomplete(scan, lobes) or _unsuitable(scan)]
    ]


def _incomplete(scan: Scan, lobes: tuple[str, ...]) -> str | None:
    if not scan.ids(*lobes):
        return "the lungs were not segmented"
    if scan.cut(*lobes):
        return "the lungs are cut off by the field of view"
    return None


def _unsuitable(scan: Scan) -> str | None:
    if scan.volume.slice_mm > THICKEST_SLICE_MM:
        return f"slices of {scan.volume.slice_mm:.1f} mm are too thick"
    air = eroded_values(scan.volume, scan.labelmap, ("trachea",), 3.0)
    if air.size and float(np.std(air)) > NOISIEST_AIR_HU:
        return "the scan is too noisy"
    return None


def _kernel_caution(scan: Scan) -> str:
    return f" Reconstructed with kernel {scan.volume.meta.kernel}." if scan.volume.meta.kernel else ""
