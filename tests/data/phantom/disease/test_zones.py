from __future__ import annotations

import numpy as np
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.disease.bronchial_tree import root_of
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.zones import patches, ragged, rim, segment


def lower_lobe() -> Lungs:
    lungs = Lungs.of(atlas_canvas(), "lung_lower_lobe_right")
    assert lungs is not None
    return lungs


def test_ragged_borders_are_soft_inside_and_end_with_the_lobe() -> None:
    lungs = lower_lobe()
    depth = np.full(lungs.shape, 50, np.float32)
    weight = ragged(lungs, np.random.default_rng(1), depth, edge_mm=8.0, rough_mm=4.0)
    assert (weight[lungs.lobes == 0] == 0).all()
    assert np.allclose(weight, lungs.share, atol=1e-6)
    half = np.where(np.arange(lungs.shape[0])[:, None, None] * 5.0 > 60, 40, 0 * depth - 40).astype(np.float32)
    assert 0 < (ragged(lungs, np.random.default_rng(1), half, edge_mm=8.0, rough_mm=4.0) > 0.5).sum() < weight.sum()


def test_patches_have_their_size() -> None:
    lungs = lower_lobe()
    for seed in range(5):
        deep = patches(lungs, np.random.default_rng(seed), 1, (20.0, 20.0)) > 0
        extents = [np.ptp(axis) * step for axis, step in zip(np.nonzero(deep), lungs.spacing, strict=True)]
        assert 15 < max(extents) <= 56


def test_a_segment_widens_from_the_root_to_the_pleura() -> None:
    lungs = lower_lobe()
    field = segment(lungs, np.random.default_rng(2), 0.4)
    thin = segment(lungs, np.random.default_rng(2), 0.4, thin=True)
    assert field is not None and thin is not None
    inside = (field > 0) & (lungs.lobes > 0)
    away = np.argwhere(inside) * np.array(lungs.spacing) - np.array(root_of(lungs))
    distance = np.sqrt((away**2).sum(axis=1))
    assert distance.min() < 10 and (distance > np.median(distance)).any()
    assert 0 < ((thin > 0) & inside).sum() < 0.6 * inside.sum()
    assert lungs.depth[inside].min() < 10


def test_the_rim_is_shallow() -> None:
    lungs = lower_lobe()
    inside = (rim(lungs, 15.0) > 0) & (lungs.lobes > 0)
    assert inside.any() and lungs.depth[inside].max() < 15 * 1.2 * 1.15
