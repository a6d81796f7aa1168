from __future__ import annotations

import numpy as np
from scipy import ndimage

from ctscribe.data.phantom.disease.depth import FAR, depth_mm


def test_no_shorter_than_the_exact_distance_and_a_fifth_longer_at_most() -> None:
    mask = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((20, 30, 28)), 3) > -0.02
    exact = ndimage.distance_transform_edt(mask, (5, 3, 2.5))
    depth = depth_mm(mask, (5, 3, 2.5))
    assert (depth[~mask] == 0).all()
    assert (depth >= exact - 1e-3).all() and (depth <= 1.21 * exact + 1e-3).all()


def test_beyond_the_grid_is_inside() -> None:
    assert (depth_mm(np.ones((3, 4, 5), bool), (1, 1, 1)) == FAR).all()
