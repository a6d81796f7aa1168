"""Diameters of the aorta and the pulmonary trunk."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.distances import distance_inside
from ctscribe.anatomy.windows import Window
from ctscribe.types import Mask, Point

THICKEST_SLICE_MM = 10.0
SMALLEST_LUMEN_MM2 = 100.0
BELOW_ARCH_MM = 20.0
"""The pulmonary bifurcation lies in the concavity of the arch, about this far below the arch's under-side."""

AROUND_LEVEL_MM = 5.0

_METHOD = (
    "Minor axis of the ellipse with the second moments of the axial cross-section, at the level of the pulmonary "
    "bifurcation (level and axial plane as in Wolak et al., JACC Cardiovasc Imaging 2008; the minor axis corrects for "
    "an oblique course), 20 mm below the arch's under-side; median over 10 mm"
)
_LIMITS = "Motion in scans without ECG gating blurs the ascending aorta; a dissection flap is not recognised."
_TRUNK_METHOD = (
    "Diameter of the largest circle inside the pulmonary arteries' axial cross-section (main pulmonary artery, level "
    "as in Truong et al., Circ Cardiovasc Imaging 2012)"
)
_TRUNK_LIMITS = "Axial plane; an oblique course of the trunk is not corrected for."
_TRUNK_NAMES = ("pulmonary_artery", "pulmonary_trunk")


@dataclass(frozen=True)
class _Section:
    """One axial cross-section of a vessel: centre row, ellipse's minor axis in mm and its LPS end points."""

    slice: int
    row_mm: float
    minor_mm: float
    line_mm: tuple[Point, Point]


def aortic_diameters(scan: Scan) -> list[Biomarker]:
    """Ascending and descending aortic diameter in mm."""
    aorta = scan.body_of("aorta")
    if aorta is None:
        return [_aortic(part, reason="the aorta was not segmented") for part in ("ascending", "descending")]
    if scan.volume.slice_mm > THICKEST_SLICE_MM:
        reason = f"slices of {scan.volume.slice_mm:.1f} mm are too thick"
        return [_aortic(part, reason=reason) for part in ("ascending", "descending")]
    pairs = _paired_sections(scan, *aorta)
    if not pairs:
        reason = "the arch and the two limbs of the aorta below it are not in view"
        return [_aortic(part, reason=reason) for part in ("ascending", "descending")]
    return [
        _aortic(part, sections=[pair[k] for pair in pairs], approximate=scan.approximate("aorta"))
        for k, part in enumerate(("ascending", "descending"))
    ]


def _aortic(
    part: str, *, sections: list[_Section] | None = None, reason: str | None = None, approximate: bool = False
) -> Biomarker:
    ordered = sorted(sections or [], key=lambda section: section.minor_mm)
    middle = ordered[(len(ordered) - 1) // 2] if ordered else None
    return Biomarker(
        name=f"{part}_aorta_diameter",
        region="heart",
        value=middle.minor_mm if middle else None,
        unit="mm",
        structures=("aorta",),
        method=_METHOD,
        limits=_LIMITS,
        reason=reason,
        key_slice=middle.slice if middle else None,
        line_mm=middle.line_mm if middle else None,
        approximate=approximate,
    )


def _paired_sections(scan: Scan, window: Window, mask: Mask) -> list[tuple[_Section, _Section]]:
    """(ascending, descending) sections of the slices around the level of the pulmonary bifurcation."""
    spacing = scan.volume.spacing[0]
    limbs = [_limbs(scan, window, mask, k) for k in range(len(mask))]
    paired = _longest_run([len(sections) == 2 for sections in limbs])
    # The arch must be above the pair: without it the level cannot be found.
    if not paired or paired[-1] >= len(mask) - 1 or window[0].stop >= scan.volume.shape[0]:
        return []
    level = paired[-1] - BELOW_ARCH_MM / spacing
    reach = max(AROUND_LEVEL_MM / spacing, 0.5)
    return [(limbs[k][0], limbs[k][1]) for k in paired if abs(k - level) <= reach]


def _longest_run(flags: list[bool]) -> list[int]:
    """Indices of the longest run of True."""
    runs: list[list[int]] = [[]]
    for k, flag in enumerate(flags):
        if flag:
            runs[-1].append(k)
        elif runs[-1]:
            runs.append([])
    return max(runs, key=len)


def _limbs(scan: Scan, window: Window, mask: Mask, k: int) -> list[_Section]:
    """The lumens of one slice that are large enough, from anterior to posterior."""
    numbers = cc3d.connected_components(mask[k], connectivity=8)
    pixel = scan.volume.spacing[1] * scan.volume.spacing[2]
    sections = []
    for number in range(1, int(numbers.max()) + 1):
        points = np.argwhere(numbers == number)
        if len(points) * pixel >= SMALLEST_LUMEN_MM2:
            corner = np.array([window[1].start, window[2].start])
            sections.append(_section(scan, window[0].start + k, points + corner))
    return sorted(sections, key=lambda section: section.row_mm)


def _section(scan: Scan, z: int, points: np.ndarray) -> _Section:
    """Minor axis of the moment ellipse of pixels (y, x) in slice z."""
    _, sy, sx = scan.volume.spacing
    size = np.array([sy, sx])
    # A pixel is a square, not a point: its own second moment is added.
    moments = np.cov((points * size).T, ddof=0) + np.diag(size**2) / 12
    variances, axes = np.linalg.eigh(moments)
    minor = 4 * float(np.sqrt(variances[0]))
    centre = points.mean(axis=0)
    half = axes[:, 0] * minor / 2 / size
    ends = [scan.volume.position((z, *(centre + sign * half))) for sign in (-1, 1)]
    return _Section(z, float(centre[0] * sy), minor, (ends[0], ends[1]))


def pulmonary_trunk_diameter(scan: Scan) -> Biomarker:
    """Diameter of the pulmonary trunk in mm, where a segmenter gave the pulmonary arteries."""
    names = tuple(name for name in _TRUNK_NAMES if scan.present(name))
    reason = None if names else "the pulmonary trunk was not segmented"
    if names and scan.cut(*names):
        reason = "the pulmonary trunk is cut off by the field of view"
    trunk = scan.body_of(*names) if names and reason is None else None
    value = key_slice = line = None
    if trunk is not None:
        value, key_slice, line = _largest_circle(scan, *trunk)
    return Biomarker(
        name="pulmonary_trunk_diameter",
        region="heart",
        value=value,
        unit="mm",
        structures=names or _TRUNK_NAMES[:1],
        method=_TRUNK_METHOD,
        limits=_TRUNK_LIMITS,
        reason=reason,
        key_slice=key_slice,
        line_mm=line,
        approximate=scan.approximate(*names),
    )


def _largest_circle(scan: Scan, window: Window, mask: Mask) -> tuple[float, int, tuple[Point, Point]]:
    """Diameter in mm of the largest circle inside any axial section, its slice, and its transverse diameter."""
    _, sy, sx = scan.volume.spacing
    depth = np.stack([distance_inside(plane, (sy, sx)) for plane in mask])
    k, row, column = (int(i) for i in np.unravel_index(depth.argmax(), depth.shape))
    # No voxel centre outside the vessel is nearer than this.
    radius = float(depth[k, row, column])
    z, y, x = window[0].start + k, window[1].start + row, window[2].start + column
    ends = [scan.volume.position((z, y, x + sign * radius / sx)) for sign in (-1, 1)]
    return 2 * radius, z, (ends[0], ends[1])
