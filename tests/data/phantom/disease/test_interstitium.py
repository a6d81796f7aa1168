from __future__ import annotations

from dataclasses import replace

import numpy as np
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.interstitium import draw_septal_thickening
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.level import LEVELS


def drawn(severities: tuple[float, float, float]) -> Canvas:
    canvas = atlas_canvas()
    draw_septal_thickening(canvas, replace(LEVELS["easy"], severities=severities), np.random.default_rng(3))
    return canvas


def test_lines_are_thin_bright_and_leave_the_lobules() -> None:
    before, canvas = atlas_canvas(), drawn((0, 0, 1))
    mask = canvas.instances > 0
    gain = (canvas.hu - before.hu)[mask & (before.hu < -700)]
    assert 80 < np.median(gain) < 400
    thick = ndimage.uniform_filter(mask[:, :, :].astype(np.float32), (1, 5, 5)) > 0.99
    assert thick.sum() < 0.01 * mask.sum()
    lungs = Lungs.of(canvas)
    assert lungs is not None and mask.sum() < 0.35 * (lungs.lobes > 0).sum()


def test_severity_is_extent_and_mild_is_peripheral() -> None:
    canvases = [drawn(severities) for severities in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    counts = [np.count_nonzero(canvas.instances) for canvas in canvases]
    assert counts[0] < counts[1] < counts[2]
    lungs = Lungs.of(canvases[0])
    assert lungs is not None
    mask = canvases[0].instances[lungs.window] > 0
    assert np.median(lungs.depth[mask]) < 15
