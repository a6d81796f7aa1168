from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.ribs import draw_rib_fracture
from ctscribe.data.phantom.level import LEVELS


@pytest.mark.parametrize("seed", range(5))
def test_callus_thickens_the_rib_that_is_told(seed: int):
    before, canvas = atlas_canvas(), atlas_canvas()
    draw_rib_fracture(canvas, LEVELS["standard"], np.random.default_rng(seed))
    assert 1 <= len(canvas.findings) <= 3
    assert len({finding.side for finding in canvas.findings}) == 1
    assert len({finding.structures for finding in canvas.findings}) == len(canvas.findings)
    for finding in canvas.findings:
        mask = canvas.instances == finding.number
        (name,) = finding.structures
        rib = before.mask(name)
        away = ndimage.distance_transform_edt(~rib, canvas.spacing)
        assert away[mask].max() < 7 and (mask & rib).any()
        assert f"_{finding.side}_" in name
        assert np.median(canvas.hu[mask]) > 180
        assert canvas.mask(name).sum() > rib.sum()
        assert np.prod(canvas.spacing) * mask.sum() / 1000 < 8


def test_only_the_neighbourhood_of_the_fracture_changes():
    before, canvas = atlas_canvas(), atlas_canvas()
    draw_rib_fracture(canvas, LEVELS["standard"], np.random.default_rng(2))
    away = ndimage.distance_transform_edt(canvas.instances == 0, canvas.spacing)
    assert away[np.abs(canvas.hu - before.hu) > 20].max() < 40
