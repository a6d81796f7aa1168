from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.pericardial_effusion import draw_pericardial_effusion
from ctscribe.data.phantom.level import LEVELS


def effusion(seed: int) -> Canvas:
    canvas = atlas_canvas()
    draw_pericardial_effusion(canvas, LEVELS["standard"], np.random.default_rng(seed))
    return canvas


@pytest.mark.parametrize("seed", range(5))
def test_fluid_surrounds_the_heart_and_no_other_organ(seed: int):
    before, canvas = atlas_canvas(), effusion(seed)
    (finding,) = canvas.findings
    mask = canvas.instances > 0
    heart = canvas.mask("heart")
    distance = ndimage.distance_transform_edt(~heart, canvas.spacing)
    assert finding.measures["thickness_mm"] == pytest.approx(distance[mask].max(), rel=1e-4)
    thickness = finding.measures["thickness_mm"]
    assert finding.attributes["size"] == ("small" if thickness < 10 else "moderate" if thickness < 20 else "large")
    assert not (mask & heart).any()
    named = (before.labels > 0) & ~before.mask(*(name for name in before.names.values() if name.startswith("lung")))
    assert not (mask & named).any()
    assert -5 < np.median(canvas.hu[mask]) < 28


def test_fluid_is_thickest_below_and_behind():
    canvas = effusion(4)
    mask, heart = canvas.instances > 0, canvas.mask("heart")
    middle = np.argwhere(heart).mean(axis=0)
    where = np.argwhere(mask)
    assert (where[:, 1] > middle[1]).mean() > 0.5
    assert (where[:, 0] < middle[0]).mean() > 0.5


def test_every_size_occurs():
    assert {effusion(seed).findings[0].attributes["size"] for seed in range(10)} == {"small", "moderate", "large"}
