from __future__ import annotations

import numpy as np
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.bands import draw_fibrotic_band
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.opacities import draw_consolidation
from ctscribe.data.phantom.level import LEVELS


def test_bands_are_thin_dense_and_start_at_the_pleura() -> None:
    drawn = 0
    for seed in range(6):
        canvas = atlas_canvas()
        draw_fibrotic_band(canvas, LEVELS["easy"], np.random.default_rng(seed))
        lungs = Lungs.of(canvas)
        assert lungs is not None
        for finding in canvas.findings:
            drawn += 1
            mask = canvas.instances[lungs.window] == finding.number
            assert len(finding.structures) == 1 and lungs.depth[mask].min() < 10
            assert np.median(lungs.hu[mask]) > -400
            thick = ndimage.uniform_filter(mask.astype(np.float32), (1, 5, 5)) > 0.99
            assert thick.sum() <= 0.02 * mask.sum()
    assert drawn >= 5


def test_hard_bands_are_as_dense_as_consolidation() -> None:
    brightest = []
    for draw in (draw_fibrotic_band, draw_consolidation):
        values = []
        for seed in range(6):
            canvas = atlas_canvas()
            draw(canvas, LEVELS["hard"], np.random.default_rng(seed))
            values.append(np.percentile(canvas.hu[canvas.instances > 0], 85))
        brightest.append(np.median(values))
    assert abs(brightest[0] - brightest[1]) < 110
