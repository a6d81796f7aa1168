from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.cysts import draw_liver_cyst
from ctscribe.data.phantom.disease.steatosis import PLAIN_HU, SEVERITIES, draw_hepatic_steatosis
from ctscribe.data.phantom.level import LEVELS


def plain() -> Canvas:
    """The body without contrast: liver at 56 HU, spleen at 48."""
    canvas = atlas_canvas()
    for name, hu in (("liver", 56.0), ("spleen", 48.0)):
        canvas.hu[canvas.mask(name)] = hu
    canvas.phase = "none"
    return canvas


@pytest.mark.parametrize("level", LEVELS)
def test_the_liver_is_as_dark_as_is_told(level: str):
    for seed in range(5):
        canvas = plain()
        draw_hepatic_steatosis(canvas, LEVELS[level], np.random.default_rng(seed))
        (finding,) = canvas.findings
        liver = canvas.instances > 0
        np.testing.assert_array_equal(liver, canvas.mask("liver"))
        assert finding.measures["liver_hu"] == pytest.approx(canvas.hu[liver].mean(), abs=0.01)
        low, high = PLAIN_HU[SEVERITIES.index(finding.attributes["severity"])]
        assert low - 1.5 <= finding.measures["liver_hu"] <= high + 1.5
        assert finding.measures["liver_hu"] < canvas.hu[canvas.mask("spleen")].mean()


def test_with_contrast_the_liver_falls_by_as_much_and_vessels_stay():
    before, canvas = atlas_canvas(), atlas_canvas()
    liver = before.mask("liver")
    before.hu[liver & (before.hu > 120)] = 200
    canvas.hu[:] = before.hu
    draw_hepatic_steatosis(canvas, LEVELS["easy"], np.random.default_rng(2))
    fall = (before.hu - canvas.hu)[liver]
    assert 10 < np.median(fall) < 60
    vessels = liver & (before.hu > 190)
    np.testing.assert_allclose(canvas.hu[vessels], before.hu[vessels], atol=0.01)
    np.testing.assert_array_equal(canvas.hu[~liver], before.hu[~liver])


def test_a_cyst_stays_as_it_is():
    canvas = plain()
    draw_liver_cyst(canvas, LEVELS["easy"], np.random.default_rng(3))
    cysts, hu = canvas.instances > 0, canvas.hu.copy()
    draw_hepatic_steatosis(canvas, LEVELS["easy"], np.random.default_rng(3))
    np.testing.assert_array_equal(canvas.hu[cysts], hu[cysts])
    assert (canvas.instances[cysts] < canvas.findings[-1].number).all()
