from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.data.phantom.anatomy import packaged_anatomy
from ctscribe.data.phantom.body import draw_body
from ctscribe.data.phantom.deformation import posed
from ctscribe.data.phantom.degraded import SHIFT_MM, placed, shifted, without_disease

TRUTH = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))[1]
SPACING = np.array((7.5, 6.4, 6.7))


def test_lung_is_lost_where_it_is_diseased_and_nowhere_else():
    lung = TRUTH.region("lung")
    disease = np.zeros_like(lung)
    disease[tuple(np.argwhere(lung)[lung.sum() // 2])] = True
    labels = without_disease(TRUTH, disease)
    assert not labels[disease].any()
    changed = labels != TRUTH.labels
    assert changed.any() and (lung[changed]).all() and changed.sum() <= 7


def test_every_class_moves_by_the_same_millimetres(rng):
    labels = shifted(TRUTH, rng)
    places = np.argwhere(labels == 52), np.argwhere(TRUTH.labels == 52)
    moved = (places[0].mean(axis=0) - places[1].mean(axis=0)) * SPACING
    assert len(places[0]) == len(places[1])
    assert SHIFT_MM[0] - SPACING.max() < np.linalg.norm(moved) < SHIFT_MM[1] + SPACING.max()
    steps = np.rint(moved / SPACING).astype(int)
    assert steps.any()
    assert np.array_equal(places[0], places[1] + steps)


@pytest.mark.parametrize("seed", range(3))
def test_the_atlas_knows_the_extent_of_the_scan_but_not_the_body(seed):
    anatomy = packaged_anatomy()
    body = draw_body(np.random.default_rng(seed), frozenset(), (32, 64, 64))
    truth, rough = posed(anatomy, body), placed(anatomy, body)
    ids = truth.ids("lung_lower_lobe_left", "lung_lower_lobe_right", "lung_upper_lobe_left", "lung_upper_lobe_right")
    ours, atlas = np.isin(truth.labels, ids), np.isin(rough, ids)
    dice = 2 * (ours & atlas).sum() / (ours.sum() + atlas.sum())
    assert 0.6 < dice < 0.98
    straight = replace(body, rotation_degrees=(0.0, 0.0, 0.0))
    assert np.array_equal(rough, placed(anatomy, straight))
