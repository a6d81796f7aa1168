from __future__ import annotations

import numpy as np
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.atelectasis import BASAL, draw_atelectasis
from ctscribe.data.phantom.disease.lungs import LOWER, Lungs
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import PhantomFinding


def with_effusion() -> Canvas:
    """A canvas whose right lower lobe has fluid behind it."""
    canvas = atlas_canvas()
    window = canvas.window("lung_lower_lobe_right")
    assert window is not None
    lobe = canvas.mask("lung_lower_lobe_right", window=window)
    fluid = lobe & (np.arange(lobe.shape[1])[None, :, None] > 0.75 * lobe.shape[1])
    canvas.hu[window][fluid] = 10
    canvas.labels[window][fluid] = 0
    effusion = PhantomFinding(
        "pleural_effusion", ("pleura_right",), "right", {"size": "moderate"}, {"thickness_mm": 20.0}
    )
    canvas.add(effusion, window, fluid)
    return canvas


def drawn(canvas: Canvas, seed: int) -> PhantomFinding:
    before = len(canvas.findings)
    draw_atelectasis(canvas, LEVELS["easy"], np.random.default_rng(seed))
    assert len(canvas.findings) == before + 1
    return canvas.findings[-1]


def test_without_effusion_plates_and_segments() -> None:
    types = []
    for seed in range(12):
        canvas = atlas_canvas()
        finding = drawn(canvas, seed)
        mask = canvas.instances > 0
        assert np.median(canvas.hu[mask]) > -330
        assert canvas.hu[mask].max() > -100
        types.append(finding.attributes["type"])
        if types[-1] == "linear":
            assert finding.structures[0] in BASAL
            thick = ndimage.uniform_filter(mask.astype(np.float32), (1, 5, 5)) > 0.99
            assert thick.sum() <= 0.02 * mask.sum()
    assert set(types) == {"linear", "segmental"}


def test_beside_an_effusion_the_lower_lobe_collapses() -> None:
    passive = 0
    for seed in range(8):
        canvas = with_effusion()
        fluid = canvas.instances > 0
        finding = drawn(canvas, seed)
        if finding.attributes["type"] == "passive":
            passive += 1
            mask = canvas.instances == finding.number
            assert finding.structures[0] in LOWER and finding.side == "right"
            away = ndimage.distance_transform_edt(~fluid, canvas.spacing)
            assert away[mask].max() < 35 and away[mask].min() < 6
            assert -250 < np.median(canvas.hu[mask]) < 90
            assert np.array_equal(canvas.hu[fluid], np.full(fluid.sum(), 10, np.float32))
    assert passive >= 4


def test_a_segment_reaches_the_pleura() -> None:
    for seed in range(20):
        canvas = atlas_canvas()
        if drawn(canvas, seed).attributes["type"] == "segmental":
            lungs = Lungs.of(canvas)
            assert lungs is not None
            assert lungs.depth[canvas.instances[lungs.window] > 0].min() < 8
            return
    raise AssertionError("no collapsed segment in 20")
