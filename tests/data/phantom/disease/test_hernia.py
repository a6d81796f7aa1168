from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.hernia import draw_hiatal_hernia
from ctscribe.data.phantom.level import LEVELS


def hernia(seed: int):
    canvas = atlas_canvas()
    draw_hiatal_hernia(canvas, LEVELS["standard"], np.random.default_rng(seed))
    return canvas


@pytest.mark.parametrize("seed", range(6))
def test_a_hernia_lies_behind_the_heart_and_before_the_aorta(seed: int):
    before, canvas = atlas_canvas(), hernia(seed)
    (finding,) = canvas.findings
    mask = canvas.instances > 0
    centre = np.argwhere(mask).mean(axis=0)
    heart = np.argwhere(canvas.mask("heart"))
    assert centre[1] > heart[:, 1].mean() and heart[:, 0].min() - 4 <= centre[0] <= heart[:, 0].max()
    assert not (mask & before.mask("heart", "aorta", "liver", "inferior_vena_cava")).any()
    assert ndimage.label(mask, np.ones((3, 3, 3)))[1] == 1
    oesophagus = ndimage.distance_transform_edt(~before.mask("esophagus"), canvas.spacing)
    assert oesophagus[mask].min() <= 3
    diameter = finding.diameter_mm
    assert finding.attributes["size"] == ("small" if diameter < 40 else "moderate" if diameter < 60 else "large")


def test_contents_are_air_over_fluid_fluid_or_fat():
    lowest, middle = [], []
    for seed in range(14):
        canvas = hernia(seed)
        mask = canvas.instances > 0
        if mask.sum() < 300:
            continue
        air = mask & (canvas.hu < -700)
        if air.sum() > 10:
            fluid = mask & (np.abs(canvas.hu - 18) < 25)
            assert np.argwhere(air)[:, 1].mean() < np.argwhere(fluid)[:, 1].mean()
        lowest.append(air.any())
        middle.append(np.median(canvas.hu[mask]))
    assert 0 < sum(lowest) < len(lowest)
    assert min(middle) < -20 < max(middle)
