from __future__ import annotations

import math

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.disease.wires import centreline, filled_share, length_mm, smoothed, window_along

SPACING = (5.0, 3.0, 3.0)
WHOLE = (slice(0, 20), slice(0, 24), slice(0, 24))


@pytest.mark.parametrize(("radius", "inner"), [(0.8, 0.0), (2.0, 0.0), (4.6, 3.0)])
@pytest.mark.parametrize("direction", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.3), (0.5, 0.4, -0.6)])
def test_a_tube_fills_its_volume(radius: float, inner: float, direction: tuple[float, float, float]):
    middle = np.array([10.0, 12.0, 12.0])
    course = np.stack([middle - 4 * np.array(direction), middle + 4 * np.array(direction)])
    share = filled_share(WHOLE, course, radius, SPACING, inner)
    volume = math.pi * (radius**2 - inner**2) * length_mm(course, SPACING)
    assert share.sum() * math.prod(SPACING) == pytest.approx(volume, rel=0.03)
    assert share.min() >= 0 and share.max() <= 1


def test_a_tube_lies_around_its_course():
    course = np.array([[4.0, 8.2, 9.7], [15.0, 8.2, 9.7]])
    share = filled_share(WHOLE, course, 1.0, SPACING).astype(float)
    y, x = (np.arange(24) * share.sum(axis=axes) for axes in ((0, 2), (0, 1)))
    assert y.sum() / share.sum() == pytest.approx(8.2, abs=0.05) and x.sum() / share.sum() == pytest.approx(
        9.7, abs=0.05
    )


def test_a_hollow_tube_has_a_lumen():
    course = np.array([[4.0, 12.0, 12.0], [15.0, 12.0, 12.0]])
    share = filled_share(WHOLE, course, 7.5, SPACING, 6.0)
    assert share[10, 12, 12] < 0.1 < share[10, 12, 14]


def test_what_leaves_the_window_is_left_out():
    course = np.array([[10.0, 12.0, 12.0], [10.0, 12.0, 60.0]])
    share = filled_share(WHOLE, course, 1.0, SPACING)
    assert 0 < share.sum() * math.prod(SPACING) < 0.4 * math.pi * length_mm(course, SPACING)


def test_the_centreline_is_the_mean_of_every_slice():
    canvas = atlas_canvas()
    course = centreline(canvas, "aorta")
    where = np.argwhere(canvas.mask("aorta"))
    assert (np.diff(course[:, 0]) < 0).all()
    for z, y, x in course[::9]:
        plane = where[where[:, 0] == z]
        assert (y, x) == pytest.approx(tuple(plane[:, 1:].mean(axis=0)))
    assert centreline(canvas, "nothing").shape == (0, 3)


def test_smoothing_keeps_the_ends_and_straightens():
    course = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [2.0, 0.0, 0.0], [3.0, 2.0, 0.0], [4.0, 0.0, 0.0]])
    smooth = smoothed(course)
    np.testing.assert_array_equal(smooth[[0, -1]], course[[0, -1]])
    assert length_mm(smooth, (1.0, 1.0, 1.0)) < length_mm(course, (1.0, 1.0, 1.0))


def test_a_course_outside_the_grid_has_no_window():
    canvas = atlas_canvas()
    assert window_along(canvas, np.array([[500.0, 1.0, 1.0], [501.0, 1.0, 1.0]]), 5.0) is None
    assert window_along(canvas, np.array([[5.0, 7.0, 1.0], [8.0, 7.0, 1.0]]), 0.0) == (
        slice(5, 9), slice(7, 8), slice(1, 2),
    )  # fmt: skip
