from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.disease.body_distractors import BODY_DISTRACTORS
from ctscribe.data.phantom.level import LEVELS

every_distractor = pytest.mark.parametrize("name", BODY_DISTRACTORS)


def distracted(name: str, seed: int = 0, *, taken: bool = False):
    canvas = atlas_canvas()
    if taken:
        canvas.instances[:] = 1
    BODY_DISTRACTORS[name](canvas, LEVELS["hard"], np.random.default_rng(seed))
    return canvas


@every_distractor
def test_a_distractor_is_seen_and_is_no_finding(name: str):
    before, canvas = atlas_canvas(), distracted(name)
    assert canvas.findings == [] and not canvas.instances.any()
    assert (np.abs(canvas.hu - before.hu) > 20).sum() >= 2
    changed = canvas.labels != before.labels
    assert not changed[~before.mask(*LOBES)].any()
    assert not changed.any() or name == "extrapleural fat"


@every_distractor
def test_findings_keep_their_attenuation(name: str):
    np.testing.assert_array_equal(distracted(name, taken=True).hu, atlas_canvas().hu)


@every_distractor
def test_the_same_seed_draws_the_same(name: str):
    np.testing.assert_array_equal(distracted(name, 5).hu, distracted(name, 5).hu)


@every_distractor
def test_nothing_is_drawn_into_a_body_without_organs(name: str):
    canvas = atlas_canvas()
    canvas.labels[:] = 0
    before = canvas.hu.copy()
    BODY_DISTRACTORS[name](canvas, LEVELS["hard"], np.random.default_rng(0))
    np.testing.assert_array_equal(canvas.hu, before)


def test_dense_contrast_needs_contrast():
    canvas = atlas_canvas()
    canvas.phase = "portal"
    BODY_DISTRACTORS["dense contrast"](canvas, LEVELS["hard"], np.random.default_rng(0))
    np.testing.assert_array_equal(canvas.hu, atlas_canvas().hu)


def test_extrapleural_fat_is_fat_on_both_sides():
    before, canvas = atlas_canvas(), distracted("extrapleural fat")
    fat = before.mask(*LOBES) & ~canvas.mask(*LOBES)
    assert abs(np.median(canvas.hu[fat]) + 100) < 60
    middle = np.argwhere(canvas.mask("spinal_cord"))[:, 2].mean()
    columns = np.argwhere(fat)[:, 2]
    assert 0.2 < (columns > middle).mean() < 0.8
