from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.calcification import draw_arterial_calcification, draw_coronary_calcification
from ctscribe.data.phantom.disease.coronaries import coronary_courses
from ctscribe.data.phantom.disease.mediastinum import aortic_parts
from ctscribe.data.phantom.level import LEVELS


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("level", LEVELS)
def test_plaques_lie_on_the_wall_of_the_vessel_that_is_told(seed: int, level: str):
    before, canvas = atlas_canvas(), atlas_canvas()
    draw_arterial_calcification(canvas, LEVELS[level], np.random.default_rng(seed))
    window, parts = aortic_parts(before)
    vessels = [finding.attributes["vessel"] for finding in canvas.findings]
    assert len(vessels) == len(set(vessels))
    for finding in canvas.findings:
        mask = (canvas.instances == finding.number)[window]
        part = parts[finding.attributes["vessel"]]
        depth = ndimage.distance_transform_edt(part, canvas.spacing) + ndimage.distance_transform_edt(
            ~part, canvas.spacing
        )
        assert depth[mask].max() <= 9
        excess = (canvas.hu - before.hu)[window][mask]
        assert (excess > 30).all() and 80 < excess.max() < 1300
        pieces = ndimage.label(mask, np.ones((3, 3, 3)))[1]
        if finding.attributes["severity"] == "mild":
            assert pieces <= 2
        assert canvas.hu[window][mask].max() < 1400


def test_severe_disease_has_more_calcium():
    sums = {}
    for seed in range(12):
        canvas = atlas_canvas()
        draw_arterial_calcification(canvas, LEVELS["standard"], np.random.default_rng(seed))
        for finding in canvas.findings:
            sums.setdefault(finding.attributes["severity"], []).append((canvas.instances == finding.number).sum())
    assert np.mean(sums["mild"]) < np.mean(sums["moderate"]) < np.mean(sums["severe"])


def test_coronaries_run_where_they_should():
    canvas = atlas_canvas()
    courses = coronary_courses(canvas)
    heart = np.argwhere(canvas.mask("heart")).mean(axis=0)
    anterior, circumflex, right = (
        courses[name].mean(axis=0) for name in ("left anterior descending", "circumflex", "right coronary")
    )
    assert anterior[1] < heart[1] and anterior[2] > right[2]
    assert circumflex[1] > anterior[1] and circumflex[2] > heart[2]
    assert right[2] < heart[2]
    outside = ndimage.distance_transform_edt(~canvas.mask("heart", "aorta"), canvas.spacing)
    inside = ndimage.distance_transform_edt(canvas.mask("heart"), canvas.spacing)
    for course in courses.values():
        at = tuple(np.round(course).astype(int).T)
        assert np.median(outside[at]) < 8 and np.median(inside[at]) < 8


@pytest.mark.parametrize("level", LEVELS)
def test_specks_lie_on_the_artery_that_is_told(level: str):
    for seed in range(4):
        before, canvas = atlas_canvas(), atlas_canvas()
        draw_coronary_calcification(canvas, LEVELS[level], np.random.default_rng(seed))
        courses = coronary_courses(before)
        for finding in canvas.findings:
            where = np.argwhere(canvas.instances == finding.number) * canvas.spacing
            line = courses[finding.attributes["vessel"]] * canvas.spacing
            near = np.sqrt(((where[:, None] - line[None]) ** 2).sum(axis=2)).min(axis=1)
            assert near.max() < 9
            assert (canvas.hu - before.hu)[canvas.instances == finding.number].max() > 60


def test_no_coronaries_without_a_heart():
    canvas = atlas_canvas()
    canvas.labels[canvas.mask("heart")] = 0
    assert coronary_courses(canvas) == {}
