from __future__ import annotations

import numpy as np
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.disease.lungs import LOWER, RIM_HU, Lungs, side_of
from ctscribe.data.phantom.truth import PhantomFinding


def test_lobes_reach_the_pleura_and_no_further() -> None:
    canvas = atlas_canvas()
    lungs = Lungs.of(canvas)
    assert lungs is not None
    labelled = canvas.mask(*LOBES, window=lungs.window)
    rim = (lungs.lobes > 0) & ~labelled
    assert (lungs.lobes[labelled] > 0).all() and rim.sum() > 500
    assert (lungs.hu[rim] < RIM_HU).all()
    assert not rim[canvas.mask("trachea", "stomach", window=lungs.window)].any()
    for number, lobe in enumerate(LOBES, start=1):
        assert (lungs.lobes[canvas.mask(lobe, window=lungs.window)] == number).all()


def test_some_lobes_end_at_their_fissures() -> None:
    lungs = Lungs.of(atlas_canvas(), *LOWER)
    assert lungs is not None
    assert set(np.unique(lungs.lobes)) == {0, 1 + LOBES.index(LOWER[0]), 1 + LOBES.index(LOWER[1])}
    beside = (lungs.share < 1) & (lungs.lobes > 0)
    assert 0.02 < beside.sum() / (lungs.lobes > 0).sum() < 0.4
    assert (lungs.share[lungs.lobes == 0] == 0).all()
    # A fissure is no pleura.
    assert lungs.depth[beside].max() > 15


def test_height_runs_from_base_to_apex() -> None:
    lungs = Lungs.of(atlas_canvas())
    assert lungs is not None
    slices = np.flatnonzero(lungs.lobes.any(axis=(1, 2)))
    assert lungs.height[slices[0], 0, 0] == 0 and lungs.height[slices[-1], 0, 0] == 1


def test_points_are_voxels_of_the_mask() -> None:
    lungs, rng = Lungs.of(atlas_canvas()), np.random.default_rng(1)
    assert lungs is not None
    mask = lungs.lobes == 3
    for point in lungs.points(mask, rng, 20):
        index = [round(p / step) for p, step in zip(point, lungs.spacing, strict=True)]
        assert mask[tuple(index)]
    assert lungs.points(mask & ~mask, rng, 3) == []


def test_record_names_lobes_by_share() -> None:
    canvas = atlas_canvas()
    lungs = Lungs.of(canvas)
    assert lungs is not None
    mask = np.zeros(lungs.shape, bool)
    mask.reshape(-1)[np.flatnonzero(lungs.lobes == 2)[:50]] = True
    mask.reshape(-1)[np.flatnonzero(lungs.lobes == 4)[:60]] = True
    lungs.record("fibrotic_band", mask)
    assert canvas.findings == [PhantomFinding("fibrotic_band", (LOBES[3], LOBES[1]), "both", number=1)]
    assert not lungs.open[mask].any()
    assert side_of((LOBES[0], LOBES[1])) == "left" and side_of((LOBES[2],)) == "right"


def test_nothing_of_lungs_that_are_hardly_there() -> None:
    canvas = atlas_canvas()
    canvas.labels[:60] = 0
    assert Lungs.of(canvas, "lung_lower_lobe_left") is None
    assert Lungs.of(canvas, "lung_lobe_that_no_body_has") is None
