from __future__ import annotations

from dataclasses import replace

import numpy as np
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.emphysema import draw_emphysema
from ctscribe.data.phantom.disease.lungs import UPPER, Lungs
from ctscribe.data.phantom.level import LEVELS


def drawn(seed: int, severities: tuple[float, float, float] = (0, 0, 1)) -> Canvas:
    canvas = atlas_canvas()
    draw_emphysema(canvas, replace(LEVELS["easy"], severities=severities), np.random.default_rng(seed))
    return canvas


def test_its_voxels_are_nearly_air() -> None:
    before, types = atlas_canvas().hu, set()
    for seed in range(8):
        canvas = drawn(seed)
        (finding,) = canvas.findings
        mask = canvas.instances > 0
        assert np.median(canvas.hu[mask]) < -950 < np.median(before[mask]) - 30
        assert canvas.hu.min() >= -1024
        types.add(finding.attributes["type"])
    assert types == {"centrilobular", "paraseptal"}


def test_centrilobular_favours_the_top_and_paraseptal_the_pleura() -> None:
    for seed in range(8):
        canvas = drawn(seed)
        lungs = Lungs.of(canvas)
        assert lungs is not None
        mask = canvas.instances[lungs.window] > 0
        share = mask.sum(axis=(1, 2)) / np.maximum((lungs.lobes > 0).sum(axis=(1, 2)), 1)
        if canvas.findings[0].attributes["type"] == "centrilobular":
            assert share[lungs.height[:, 0, 0] > 0.6].mean() > 2 * share[lungs.height[:, 0, 0] < 0.4].mean()
        else:
            assert set(canvas.findings[0].structures) <= set(UPPER)
            assert np.median(lungs.depth[mask]) < 14


def test_severity_is_extent() -> None:
    extents = [
        [np.count_nonzero(drawn(seed, severities).instances) for seed in range(6)]
        for severities in ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    ]
    assert all(mild < severe for mild, severe in zip(extents[0], extents[2], strict=True))
    assert sum(extents[0]) < sum(extents[1]) < sum(extents[2])
