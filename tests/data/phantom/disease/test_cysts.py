from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.cysts import draw_kidney_cyst, draw_liver_cyst
from ctscribe.data.phantom.disease.steatosis import draw_hepatic_steatosis
from ctscribe.data.phantom.level import LEVELS


@pytest.mark.parametrize("draw", [draw_kidney_cyst, draw_liver_cyst])
@pytest.mark.parametrize("level", LEVELS)
def test_cysts_are_round_and_hold_water(draw, level: str):
    for seed in range(4):
        before, canvas = atlas_canvas(), atlas_canvas()
        draw(canvas, LEVELS[level], np.random.default_rng(seed))
        assert 1 <= len(canvas.findings) <= 3
        for finding in canvas.findings:
            mask = canvas.instances == finding.number
            assert 8 - canvas.spacing[1] <= finding.diameter_mm <= 40 + canvas.spacing[1]
            organ = finding.structures[0]
            assert canvas.mask(organ)[mask].all() and before.mask(organ)[mask].mean() > 0.2
            assert not (mask & (before.labels > 0) & ~before.mask(organ)).any()
            inner = ndimage.binary_erosion(mask)
            if inner.any():
                assert -8 < canvas.hu[inner].mean() < 25
            size = np.ptp(np.argwhere(mask), axis=0) + 1
            assert size[1] * 3 == pytest.approx(size[2] * 3, abs=12)


def test_cysts_do_not_touch():
    for seed in range(10):
        canvas = atlas_canvas()
        draw_kidney_cyst(canvas, LEVELS["standard"], np.random.default_rng(seed))
        draw_liver_cyst(canvas, LEVELS["standard"], np.random.default_rng(seed))
        assert ndimage.label(canvas.instances > 0, np.ones((3, 3, 3)))[1] == len(canvas.findings)


def test_a_fatty_liver_has_room_for_a_cyst():
    canvas = atlas_canvas()
    draw_hepatic_steatosis(canvas, LEVELS["standard"], np.random.default_rng(1))
    draw_liver_cyst(canvas, LEVELS["standard"], np.random.default_rng(1))
    fatty, *cysts = canvas.findings
    assert cysts and all((canvas.instances == cyst.number).any() for cyst in cysts)
    rest = canvas.hu[canvas.instances == fatty.number].mean()
    assert rest == pytest.approx(fatty.measures["liver_hu"], abs=0.5)


def test_sides_are_those_of_the_kidneys():
    for seed in range(6):
        canvas = atlas_canvas()
        draw_kidney_cyst(canvas, LEVELS["standard"], np.random.default_rng(seed))
        for finding in canvas.findings:
            assert finding.structures == (f"kidney_{finding.side}",)


def test_a_kidney_that_is_hardly_in_view_gets_none():
    canvas = atlas_canvas()
    kidneys = canvas.mask("kidney_left", "kidney_right")
    kidneys[2:4] = False
    canvas.labels[kidneys] = 0
    draw_kidney_cyst(canvas, LEVELS["standard"], np.random.default_rng(1))
    assert canvas.findings == []
