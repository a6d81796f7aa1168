from __future__ import annotations

import numpy as np
import pytest

from ctscribe.data.phantom.disease.attenuation import add_haze, dense_hu, fill, rarefy
from ctscribe.data.phantom.level import LEVELS


def lung_and_vessel() -> np.ndarray:
    return np.array([[[-850.0, 30.0]]], np.float32)


ALL = np.ones((1, 1, 2), np.float32)


def test_haze_leaves_vessels() -> None:
    there = lung_and_vessel()
    add_haze(there, ALL, 300)
    assert there.tolist() == [[[-550.0, 30.0]]]


def test_rarefied_lung_loses_its_share_of_tissue() -> None:
    there = lung_and_vessel()
    rarefy(there, ALL, 0.8)
    assert there.ravel().tolist() == pytest.approx([-970.0, 30.0])


def test_filled_lung_is_dense_and_shows_its_vessels() -> None:
    there = lung_and_vessel()
    fill(there, ALL, 20.0)
    assert there[0, 0, 0] == pytest.approx(20) and 20 < there[0, 0, 1] < 80
    there = lung_and_vessel()
    fill(there, 0 * ALL, 20.0)
    assert np.array_equal(there, lung_and_vessel())


def test_less_conspicuous_lung_holds_more_air() -> None:
    rng = np.random.default_rng(1)
    means = [np.mean([dense_hu(level, rng) for _ in range(50)]) for level in LEVELS.values()]
    assert means[0] > means[1] > means[2] > -120
