"""Distances against scipy's exact transform."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ctscribe.anatomy.distances import distance_inside, distance_to


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.8, 0.7)])
@pytest.mark.parametrize("density", [0.02, 0.5, 0.98])
def test_matches_the_exact_transform(
    rng: np.random.Generator, spacing: tuple[float, float, float], density: float
) -> None:
    mask = rng.random((9, 14, 17)) < density
    assert distance_to(mask, spacing) == pytest.approx(
        ndimage.distance_transform_edt(~mask, sampling=spacing), abs=1e-4
    )
    padded = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    assert distance_inside(mask, spacing) == pytest.approx(padded, abs=1e-4)


def test_two_axes_and_empty_masks(rng: np.random.Generator) -> None:
    mask = rng.random((20, 30)) < 0.1
    assert distance_to(mask, (0.5, 2.0)) == pytest.approx(
        ndimage.distance_transform_edt(~mask, sampling=(0.5, 2.0)), abs=1e-4
    )
    assert np.isinf(distance_to(np.zeros((4, 5, 6), dtype=bool), (1, 1, 1))).all()
    assert not distance_inside(np.zeros((4, 5, 6), dtype=bool), (1, 1, 1)).any()
