"""What makes one phantom's body differ from another's, in plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from ctscribe.data.phantom.canvas import Phase
from ctscribe.types import Spacing

PHASES: tuple[Phase, ...] = ("none", "arterial", "portal")
PHASE_WEIGHTS = (0.4, 0.25, 0.35)
NORMAL_RATIO = (0.38, 0.46)
ENLARGED_RATIO = (0.53, 0.62)
"""Cardiothoracic ratios aimed at; 0.5 and less is normal (Danzer, Am J Med Sci 1919)."""


@dataclass(frozen=True)
class Body:
    """One body, its pose and its place in the scanner.

    Parameters
    ----------
    size : voxels along (z, y, x).
    scale : height, depth and width against the anatomy's.
    fat : thickness of what lies outside the ribs against the anatomy's.
    diaphragm_mm : how far the diaphragm lies lower than the anatomy's (deeper inspiration).
    cardiothoracic_ratio : what the heart's size aims at.
    rotation_degrees : about the (z, y, x) axes.
    warp_seed, warp_mm : the smooth random displacement of everything: its random stream, and the standard deviation of
        its control points.
    above_mm, below_mm : how far the scan reaches beyond the lungs.
    field_of_view : width of the scan against the anatomy's.
    shift_mm : of the field of view along (y, x).
    phase : contrast phase.
    blood_hu, liver_hu, spleen_hu, kidney_hu : mean attenuation of what takes up contrast medium.
    """

    size: tuple[int, int, int]
    scale: Spacing
    fat: float
    diaphragm_mm: float
    cardiothoracic_ratio: float
    rotation_degrees: tuple[float, float, float]
    warp_seed: int
    warp_mm: float
    above_mm: float
    below_mm: float
    field_of_view: float
    shift_mm: tuple[float, float]
    phase: Phase
    blood_hu: float
    liver_hu: float
    spleen_hu: float
    kidney_hu: float


Limits = tuple[float, float]

ENHANCEMENT: Mapping[Phase, tuple[Limits, Limits, Limits, Limits]] = {
    "none": ((36, 48), (52, 64), (42, 52), (28, 36)),
    "arterial": ((250, 400), (65, 85), (100, 150), (140, 200)),
    "portal": ((130, 190), (95, 120), (105, 130), (160, 200)),
}
"""Lowest and highest mean HU of blood, liver, spleen and kidneys: usual values of clinical scans; ours."""


def draw_body(rng: np.random.Generator, kinds: Set[str], size: tuple[int, int, int]) -> Body:
    """A body for a case with these kinds of finding: ``cardiomegaly`` among them gives it a large heart."""

    def between(low: float, high: float) -> float:
        return _rounded(rng.uniform(low, high))

    def around_zero(deviation: float) -> float:
        return _rounded(rng.normal(0, deviation))

    phase = PHASES[int(rng.choice(len(PHASES), p=PHASE_WEIGHTS))]
    blood, liver, spleen, kidney = (between(*limits) for limits in ENHANCEMENT[phase])
    girth = between(0.88, 1.12)
    return Body(
        size=size,
        scale=(between(0.9, 1.12), _rounded(girth * between(0.92, 1.08)), girth),
        fat=between(0.8, 1.7),
        diaphragm_mm=between(-14, 14),
        cardiothoracic_ratio=between(*(ENLARGED_RATIO if "cardiomegaly" in kinds else NORMAL_RATIO)),
        rotation_degrees=(around_zero(2.5), around_zero(1.2), around_zero(1.2)),
        warp_seed=int(rng.integers(2**53)),
        warp_mm=between(5, 10),
        above_mm=between(6, 20),
        below_mm=between(20, 50),
        field_of_view=between(0.9, 1.0),
        shift_mm=(around_zero(4), around_zero(4)),
        phase=phase,
        blood_hu=blood,
        liver_hu=liver,
        spleen_hu=spleen,
        kidney_hu=kidney,
    )


def _rounded(value: float) -> float:
    """What the manifest stores is exactly what was used."""
    return round(float(value), 4)
