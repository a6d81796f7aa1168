from __future__ import annotations

from dataclasses import replace

import numpy as np
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.airways import draw_bronchiectasis, draw_peribronchial_thickening
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.level import LEVELS


def drawn(disease: Disease, seed: int, severities: tuple[float, float, float] = (0, 0, 1)) -> Canvas:
    canvas = atlas_canvas()
    disease(canvas, replace(LEVELS["easy"], severities=severities), np.random.default_rng(seed))
    assert len(canvas.findings) == 1
    return canvas


def test_thick_walls_are_denser_than_lung() -> None:
    before = atlas_canvas().hu
    for seed in range(5):
        canvas = drawn(draw_peribronchial_thickening, seed)
        mask = canvas.instances > 0
        assert np.median((canvas.hu - before)[mask]) > 150
        assert (canvas.hu[mask] > -300).mean() > 0.15


def test_severer_walls_are_thicker() -> None:
    counts = [
        np.mean([np.count_nonzero(drawn(draw_peribronchial_thickening, seed, s).instances) for seed in range(5)])
        for s in ((1, 0, 0), (0, 0, 1))
    ]
    assert counts[0] < 0.7 * counts[1]


def test_dilated_airways_hold_air_between_denser_walls() -> None:
    before, types = atlas_canvas().hu, set()
    for seed in range(8):
        canvas = drawn(draw_bronchiectasis, seed)
        mask = canvas.instances > 0
        change = canvas.hu - before
        assert (canvas.hu[mask] < -900).mean() > 0.08
        assert (change[mask] > 100).mean() > 0.15
        types.add(canvas.findings[0].attributes["type"])
    assert types == {"cylindrical", "cystic"}


def test_a_vessel_runs_beside_a_cylindrical_airway() -> None:
    before = atlas_canvas().hu
    for seed in range(8):
        canvas = drawn(draw_bronchiectasis, seed)
        if canvas.findings[0].attributes["type"] == "cylindrical":
            beside = (canvas.hu - before > 200) & (canvas.instances == 0)
            assert beside.sum() > 10
            return
    raise AssertionError("no cylindrical bronchiectasis in 8")
