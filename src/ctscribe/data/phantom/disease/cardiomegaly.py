"""An enlarged heart. The body already has it; here it is measured and told."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.biomarkers.heart import cardiothoracic_ratio
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding

NORMAL = 0.5
"""Upper limit of the cardiothoracic ratio (Danzer, Am J Med Sci 1919)."""

SEVERITIES = ((0.55, "mild"), (0.6, "moderate"), (float("inf"), "severe"))
"""Ratio below which an enlarged heart is so severe; ours."""


def draw_cardiomegaly(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Tell an enlarged heart by its cardiothoracic ratio, before other disease changes the outline of the lungs.

    Nothing is added where the ratio is 0.5 or less. The finding has no voxels of its own: what lies in the heart needs
    them.
    """
    ratio = measured_ratio(canvas)
    if ratio is None or ratio <= NORMAL:
        return
    severity = next(name for limit, name in SEVERITIES if ratio < limit)
    canvas.add(
        PhantomFinding(
            "cardiomegaly", ("heart",), attributes={"severity": severity}, measures={"cardiothoracic_ratio": ratio}
        )
    )


def measured_ratio(canvas: Canvas) -> float | None:
    """The body's cardiothoracic ratio as ``anatomy.biomarkers`` measures it; ``None`` where that cannot."""
    volume = CTVolume(canvas.hu, canvas.affine)
    labelmap = LabelMap(canvas.labels, canvas.names, canvas.affine, "phantom")
    return cardiothoracic_ratio(Scan(volume, labelmap)).value
