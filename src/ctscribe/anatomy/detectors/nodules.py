"""Solid pulmonary nodules and masses, by shape.

Inside the closed lungs everything denser than ``SOLID_HU`` is vessel, nodule, mass, consolidation or the edge of
something else. The distance map's ball-like maxima (``compactness``) are cut free of what is attached to them, and
kept when they are round, lie in air, and are not blood. Missing a nodule is preferred to inventing one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cc3d
import numpy as np

from ctscribe.anatomy.contrast import blood_attenuation, contrast_enhanced
from ctscribe.anatomy.detectors.compactness import CORE, compact_maxima
from ctscribe.anatomy.detectors.found import Found, Piece, gathered
from ctscribe.anatomy.detectors.lung_field import LungField
from ctscribe.anatomy.distances import distance_inside, distance_to
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask

SOURCE = "embedded nodule detector"
SOLID_HU = -450
AIR_HU = -550
SMALLEST_MM = 4.0
SMALLEST_RADIUS = 0.28
"""Smallest inscribed radius looked at, in smallest diameters: partial volume eats into half a diameter."""

RESOLVED_SLICES = 2.0
"""A nodule must span this many slices before its shape can be told from a vessel's."""

MAX_ELONGATION = 1.65
"""Longest over shortest principal axis. Spheres put into a real scan measured 1.0–1.5, its vessels 1.7 and more."""

MIN_AIR = 0.55
MAX_ATTACHED = 0.2
"""Shares of the surroundings that are air and that are something solid inside the lungs, such as a vessel."""

LOBULES = 0.2
SPICULES = 0.4
LARGE_RADIUS_MM = 8.0
"""Reach beyond the inscribed ball, in radii: spicules belong to a mass, vessels do not belong to a nodule."""

SMALL_MM = 8.0
SMALL_MARGIN = 0.25
"""Below 8 mm a short bend of a vessel fills the limits, so a quarter of every range is kept clear."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A compact structure cut free of its attachments, in a window of the isotropic grid."""

    window: Window
    mask: Mask
    diameter_mm: float
    elongation: float
    air: float
    attached: float
    core_hu: float


def find_nodules(volume: CTVolume, labelmap: LabelMap, field: LungField) -> Found:
    """Nodules and masses on the volume's grid, with a note on what the slices cannot show.

    Parameters
    ----------
    volume, labelmap : the scan and its organs.
    field : the lungs on a 1 mm grid.
    """
    smallest = max(SMALLEST_MM, RESOLVED_SLICES * volume.slice_mm)
    # Between voxel centres; the border lies half a voxel nearer.
    depth = distance_inside(field.hull & (field.hu > SOLID_HU), field.steps) - np.float32(field.spacing_mm / 2)
    blood = blood_attenuation(volume, labelmap) if contrast_enhanced(volume, labelmap) else None
    taken = np.zeros(depth.shape, dtype=bool)
    nodules: list[Piece] = []
    for radius, seed in compact_maxima(depth, field.spacing_mm, SMALLEST_RADIUS * smallest):
        candidate = None if taken[seed] else _cut_free(field, depth, seed, radius)
        confidence = None if candidate is None else _confidence(candidate, smallest, blood)
        if candidate is not None and confidence is not None:
            taken[candidate.window] |= candidate.mask
            nodules.append(Piece(candidate.window, candidate.mask, confidence))
    notes = (f"Nodules below {smallest:.0f} mm cannot be resolved in {volume.slice_mm:.1f} mm slices.",)
    found = gathered("lung_nodule", SOURCE, volume, field, nodules)
    return replace(found, notes=notes if smallest > SMALLEST_MM else ())


def _cut_free(field: LungField, depth: np.ndarray, seed: tuple[int, int, int], radius: float) -> _Candidate:
    """The seed's core grown back to its own border; what lies farther out is attached to it, not part of it."""
    edge = int(np.ceil((2.5 * radius + 6) / field.spacing_mm))
    z, y, x = (slice(max(s - edge, 0), min(s + edge + 1, n)) for s, n in zip(seed, depth.shape, strict=True))
    window = z, y, x
    centre = tuple(s - axis.start for s, axis in zip(seed, window, strict=True))
    core = _component(depth[window] >= CORE * radius, centre)
    # The core's depth restores a ball; the rest is for lobulated and spiculated borders, which readers include.
    reach = (CORE + (SPICULES if radius > LARGE_RADIUS_MM else LOBULES)) * radius + 1.0
    near = distance_to(core, field.steps) <= reach
    mask = _component((depth[window] > 0) & near, centre)
    beyond = distance_to(mask, field.steps)
    shell = (beyond > 1.2 * field.spacing_mm) & (beyond <= 2.7 * field.spacing_mm)
    hu, hull = field.hu[window], field.hull[window]
    voxels = np.argwhere(mask) * field.spacing_mm
    spread = np.cov(voxels.T, ddof=0) + np.eye(3) * field.spacing_mm**2 / 12
    axes = np.sqrt(np.linalg.eigvalsh(spread))
    return _Candidate(
        window=window,
        mask=mask,
        diameter_mm=float((np.ptp(voxels[:, 1:], axis=0) + field.spacing_mm).max()),
        elongation=float(axes[2] / axes[0]),
        air=float((shell & hull & (hu < AIR_HU)).sum() / shell.sum()),
        attached=float((shell & hull & (hu > SOLID_HU)).sum() / shell.sum()),
        core_hu=float(hu[core].mean()),
    )


def _component(mask: Mask, seed: tuple[int, ...]) -> Mask:
    numbers = cc3d.connected_components(mask, connectivity=26)
    return numbers == numbers[seed]


def _confidence(candidate: _Candidate, smallest_mm: float, blood: float | None) -> float | None:
    """How nodule-like a candidate is, 0.5 at the limit of each criterion and 1 at its ideal; ``None`` fails one."""
    if candidate.diameter_mm < smallest_mm - 0.5 or (blood is not None and candidate.core_hu > blood / 2):
        return None
    worst: float = min(
        (MAX_ELONGATION - candidate.elongation) / (MAX_ELONGATION - 1.1),
        (candidate.air - MIN_AIR) / (0.95 - MIN_AIR),
        (MAX_ATTACHED - candidate.attached) / MAX_ATTACHED,
        (candidate.diameter_mm - smallest_mm) / 4 + 0.25,
    )
    needed = SMALL_MARGIN if candidate.diameter_mm < SMALL_MM else 0.0
    return None if worst < needed else 0.5 + 0.5 * min(worst, 1.0)
