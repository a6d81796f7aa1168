"""Trabecular attenuation of the vertebral bodies, an opportunistic measure of bone density."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float64

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.distances import distance_inside

LEVELS = (*(f"T{level}" for level in range(7, 13)), *(f"L{level}" for level in range(1, 6)))
THICKEST_SLICE_MM = 5.0
CORTEX_MM = 5.0
SLAB_MM = 3.0
CANAL_MM = 6.0
"""From the middle of the cord to the posterior wall of the vertebral body, at least."""

SMALLEST_ROI_MM2 = 50.0

Section: TypeAlias = Bool[np.ndarray, "y x"]

_METHOD = (
    "Mean HU of the trabecular bone at mid-height of the vertebral body, 5 mm inside its cortex, anterior two thirds "
    "(Pickhardt et al., Ann Intern Med 2013, region of interest made automatic)"
)
_LIMITS = (
    "Calibrated at L1 and 120 kVp; contrast medium raises it by about 10 HU; fractures, sclerosis and haemangiomas "
    "spoil their level."
)


def vertebral_attenuation(scan: Scan) -> list[Biomarker]:
    """Attenuation in HU of every vertebra from T7 to L5 that is in view; L1 is always listed."""
    levels = [level for level in LEVELS if level == "L1" or scan.present(f"vertebrae_{level}")]
    return [_vertebra(scan, level) for level in levels]


def _vertebra(scan: Scan, level: str) -> Biomarker:
    name = f"vertebrae_{level}"
    reason = _obstacle(scan, name)
    value = key_slice = None
    if reason is None:
        value, key_slice = _trabecular_mean(scan, name)
        if value is None:
            reason = "no trabecular bone free of cortex was found"
    return Biomarker(
        name=f"vertebral_attenuation_{level}",
        region="musculoskeletal",
        value=value,
        unit="[hnsf'U]",
        structures=(name,),
        method=_METHOD,
        limits=_LIMITS,
        reason=reason,
        key_slice=key_slice,
        approximate=scan.approximate(name),
    )


def _obstacle(scan: Scan, name: str) -> str | None:
    if not scan.present(name):
        return "the vertebra is not in view"
    if scan.cut(name):
        return "the vertebra is cut off by the field of view"
    if not scan.present("spinal_cord"):
        return "the spinal canal was not segmented"
    if scan.volume.slice_mm > THICKEST_SLICE_MM:
        return f"slices of {scan.volume.slice_mm:.1f} mm are too thick"
    return None


def _trabecular_mean(scan: Scan, name: str) -> tuple[float | None, int | None]:
    """Mean HU of the region of interest and the slice at its middle; ``None`` twice where it is too small."""
    found = scan.body_of(name)
    if found is None:
        return None, None
    window, vertebra = found
    rows = np.arange(window[1].start, window[1].stop)
    anterior = rows[None, :] < _posterior_wall(scan, window[0])[:, None]
    body = vertebra & anterior[:, :, None]
    areas = np.count_nonzero(body, axis=(1, 2))
    if not areas.any():
        return None, None
    tall = np.flatnonzero(areas >= areas.max() / 2)
    middle = round((tall[0] + tall[-1]) / 2)
    half = int(SLAB_MM / 2 / scan.volume.spacing[0])
    slab = slice(max(middle - half, 0), middle + half + 1)
    roi = np.stack([_inner(plane, scan.volume.spacing[1:]) for plane in body[slab]])
    pixel = scan.volume.spacing[1] * scan.volume.spacing[2]
    if roi[middle - slab.start].sum() * pixel < SMALLEST_ROI_MM2:
        return None, None
    hu = scan.volume.hu[window][slab][roi]
    return float(hu.mean(dtype=np.float64)), window[0].start + middle


def _posterior_wall(scan: Scan, slices: slice) -> Float64[np.ndarray, " z"]:
    """First row behind the vertebral body in each slice: ``CANAL_MM`` in front of the middle of the cord."""
    cord = scan.labelmap.mask("spinal_cord")[slices]
    rows = np.any(cord, axis=2)
    seen = np.flatnonzero(np.any(rows, axis=1))
    if not seen.size:
        return np.zeros(len(cord))
    centres = [np.flatnonzero(rows[k]).mean() for k in seen]
    return np.interp(np.arange(len(cord)), seen, centres) - CANAL_MM / scan.volume.spacing[1]


def _inner(plane: Section, spacing: tuple[float, float]) -> Section:
    """Pixels at least ``CORTEX_MM`` inside the body's section, in its anterior two thirds."""
    rows = np.flatnonzero(plane.any(axis=1))
    if not rows.size:
        return np.zeros_like(plane)
    inner = distance_inside(plane, spacing) > CORTEX_MM
    inner[rows[0] + round(len(rows) * 2 / 3) :] = False
    return inner
