from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.disease.vertebrae import SEVERITIES, draw_vertebral_compression, vertebral_body
from ctscribe.data.phantom.level import LEVELS

FINE = (2.0, 3.0, 3.0)


def anterior_height(canvas, body) -> float:
    """Height in mm of the vertebra's label in the front third of its body, the mean of the columns."""
    front = body.bone.any(axis=0) & (body.back < 0.34) & (body.bone.sum(axis=0) > 0.6 * body.bone.sum(axis=0).max())
    label = canvas.mask(body.name, window=body.window)
    return float(label.sum(axis=0)[front].mean()) * canvas.spacing[0]


@pytest.mark.parametrize("seed", range(6))
def test_the_front_loses_the_height_that_is_told(seed: int):
    before, canvas = atlas_canvas(FINE), atlas_canvas(FINE)
    draw_vertebral_compression(canvas, LEVELS["standard"], np.random.default_rng(seed))
    (finding,) = canvas.findings
    loss = finding.measures["height_loss_percent"]
    assert 20 <= loss <= 60
    assert finding.attributes["severity"] == SEVERITIES[(loss > 26) + (loss > 41)]
    body = vertebral_body(before, finding.structures[0])
    assert body is not None
    lost = 100 * (1 - anterior_height(canvas, body) / anterior_height(before, body))
    assert lost == pytest.approx(loss, abs=13)


@pytest.mark.parametrize("seed", range(3))
def test_the_finding_is_the_pressed_body(seed: int):
    before, canvas = atlas_canvas(), atlas_canvas()
    draw_vertebral_compression(canvas, LEVELS["easy"], np.random.default_rng(seed))
    (finding,) = canvas.findings
    mask = canvas.instances > 0
    name = finding.structures[0]
    assert canvas.mask(name)[mask].all() and mask.sum() < before.mask(name).sum()
    assert np.argwhere(mask)[:, 1].max() <= np.argwhere(canvas.mask("spinal_cord"))[:, 1].max()
    assert np.median(canvas.hu[mask]) > np.median(before.hu[before.mask(name)]) - 40
    for neighbour in before.names.values():
        if neighbour.startswith("vertebrae") and before.mask(neighbour).any():
            assert canvas.mask(neighbour).any()


def test_a_vertebra_at_the_border_of_the_scan_is_no_candidate():
    canvas = atlas_canvas()
    assert vertebral_body(canvas, "vertebrae_L3") is None and vertebral_body(canvas, "vertebrae_T8") is not None
