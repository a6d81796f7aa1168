import numpy as np
import pytest
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.affine import (
    WEIGHTS,
    LungBox,
    _normal_equations,
    _value_and_slope,
    register_affine,
    starts,
)


def blobs(seed: int, shape: tuple[int, int, int] = (40, 44, 48)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([ndimage.gaussian_filter(rng.normal(size=shape), 4) * 20 for _ in range(3)]).astype(np.float32)


def test_a_known_transform_is_recovered() -> None:
    atlas = blobs(0, (52, 56, 60))
    truth = np.array([[1.08, 0.03, 0, 18.0], [-0.02, 0.95, 0.04, 25.0], [0.01, 0, 1.05, 20.0]])
    matrix, shift = truth[:, :3], (truth[:, :3] @ np.full(3, 3.0) + truth[:, 3] - 3.0) / 6.0
    scan = np.stack([ndimage.affine_transform(c, matrix, shift, output_shape=(40, 44, 48), order=1) for c in atlas])
    first = np.column_stack([np.eye(3), truth[:, 3] + [8.0, -6.0, 5.0]])
    found = register_affine(scan, atlas, [first], 6.0)
    corners = np.array([[30.0, 30, 30, 1], [200, 30, 250, 1], [120, 220, 60, 1]]).T
    assert np.abs(found @ corners - truth @ corners).max() < 3.0


def test_the_gradient_is_that_of_the_cost() -> None:
    scan, atlas = blobs(1, (12, 13, 14)), blobs(2, (20, 21, 22))
    theta = np.column_stack([np.eye(3) * 100, [61.7, 63.4, 65.2]])  # between voxels, where the interpolant has a slope
    gradient = _normal_equations(scan, atlas, theta, 6.0, WEIGHTS)[1]
    for n in (0, 3, 5, 7, 11):
        step = np.zeros(12)
        step[n] = 1e-3
        costs = [_normal_equations(scan, atlas, theta + s * step.reshape(3, 4), 6.0, WEIGHTS)[2] for s in (-1, 1)]
        assert gradient[n] == pytest.approx((costs[1] - costs[0]) / 2 / 2e-3, rel=0.05, abs=1e-4)


def test_value_and_slope_are_those_of_the_trilinear_interpolant() -> None:
    image = np.random.default_rng(3).normal(size=(4, 5, 6)).astype(np.float32)
    slope, at = np.zeros(3), np.array([1.3, 2.6, 3.2])
    value = _value_and_slope(image, *at, slope)
    assert value == pytest.approx(ndimage.map_coordinates(image, at[:, None], order=1)[0], abs=1e-5)
    for axis in range(3):
        step = np.eye(3)[axis] * 1e-2
        ends = [_value_and_slope(image, *(at + s * step), np.zeros(3)) for s in (-1, 1)]
        assert slope[axis] == pytest.approx((ends[1] - ends[0]) / 2e-2, abs=1e-4)


def test_whole_boxes_are_brought_together_by_scale_and_shift() -> None:
    lungs = np.zeros((40, 40, 40), dtype=bool)
    lungs[10:30, 8:28, 5:35] = True
    larger = np.zeros((60, 60, 60), dtype=bool)
    larger[20:44, 20:44, 10:46] = True
    (start,) = starts(LungBox.of(lungs, 3.0), LungBox.of(larger, 3.0))
    assert np.allclose(start @ [30.0, 24.0, 15.0, 1.0], [60.0, 60.0, 30.0], atol=3.0)
    assert np.allclose(start @ [90.0, 84.0, 105.0, 1.0], [132.0, 132.0, 138.0], atol=3.0)


def test_lungs_cut_by_the_field_of_view_are_matched_at_their_other_end() -> None:
    lungs = np.zeros((20, 40, 40), dtype=bool)
    lungs[:15, 8:28, 5:35] = True
    box = LungBox.of(lungs, 3.0)
    assert box.cut_low == (True, False, False)
    whole = np.zeros((60, 60, 60), dtype=bool)
    whole[20:44, 20:44, 10:46] = True
    for start in starts(box, LungBox.of(whole, 3.0)):
        assert (start @ [45.0, 54.0, 60.0, 1.0])[0] == pytest.approx(132.0, abs=3.0)
