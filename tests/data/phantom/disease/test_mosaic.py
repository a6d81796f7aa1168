from __future__ import annotations

import numpy as np
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.disease.mosaic import draw_mosaic_attenuation
from ctscribe.data.phantom.level import LEVELS


def test_darker_and_lighter_areas_in_both_lungs() -> None:
    before = atlas_canvas()
    lung = before.mask(*LOBES) & (before.hu < -750)
    for seed, level in enumerate(LEVELS.values()):
        canvas = atlas_canvas()
        draw_mosaic_attenuation(canvas, level, np.random.default_rng(seed))
        (finding,) = canvas.findings
        dark = canvas.instances > 0
        change = canvas.hu - before.hu
        assert np.median(change[lung & dark]) < -45 * level.conspicuity
        assert np.median(change[lung & ~dark]) > 0
        assert 0.15 < dark[lung].mean() < 0.75 and finding.side == "both"


def test_areas_are_lobules_not_specks() -> None:
    canvas = atlas_canvas()
    draw_mosaic_attenuation(canvas, LEVELS["easy"], np.random.default_rng(1))
    lung = canvas.mask(*LOBES)
    dark = canvas.instances > 0
    inner = lung[:, :, 1:] & lung[:, :, :-1]
    assert (dark[:, :, 1:] != dark[:, :, :-1])[inner].mean() < 0.2
