from __future__ import annotations

import math

import numpy as np
import pytest

from ctscribe.data.phantom.disease.lumps import Lump, placed, random_lump, unit_vector

SHAPE, SPACING = (40, 60, 60), (5.0, 3.0, 3.0)
CENTRE = (100.0, 91.0, 88.5)


def shares_of(lump: Lump, diameter: float) -> np.ndarray:
    body = placed(lump, CENTRE, diameter)
    window = body.window(SHAPE, SPACING, margin=2)
    assert window is not None
    return body.shares(window, SPACING)


def test_a_plain_lump_is_a_ball() -> None:
    ball = Lump((1.0, 1.0, 1.0), np.zeros((0, 3)), np.zeros(0))
    for diameter in (6.0, 12.0, 40.0):
        shares = shares_of(ball, diameter)
        assert shares.sum() * 45 == pytest.approx(math.pi / 6 * diameter**3, rel=0.06)


def test_any_lump_is_as_wide_as_asked() -> None:
    fine = (1.0, 0.5, 0.5)
    for seed in range(12):
        body = placed(random_lump(np.random.default_rng(seed), 12, 0.5), (50.0, 40.0, 40.0), 30.0)
        window = body.window((110, 170, 170), fine, margin=2)
        assert window is not None
        inside = body.shares(window, fine) > 0
        sides = [
            np.count_nonzero(inside.any(axis=axes)) * step
            for axes, step in zip(((1, 2), (0, 2), (0, 1)), fine, strict=True)
        ]
        assert max(sides[1:]) == pytest.approx(30.0, abs=1.6)
        assert sides == pytest.approx([2 * half for half in body.half], abs=2.1)


def test_the_window_holds_the_lump_and_its_margin() -> None:
    shares = shares_of(random_lump(np.random.default_rng(1), 6, 0.3), 20.0)
    assert not shares[:2].any() and not shares[-2:].any() and not shares[:, :2].any() and not shares[:, :, -2:].any()
    body = placed(random_lump(np.random.default_rng(1), 6, 0.3), (5.0, 90.0, 90.0), 20.0)
    assert body.window(SHAPE, SPACING, margin=2) is None


def test_unit_vectors_point_everywhere() -> None:
    rng = np.random.default_rng(1)
    vectors = np.array([unit_vector(rng) for _ in range(500)])
    assert np.allclose((vectors**2).sum(axis=1), 1)
    assert np.abs(vectors.mean(axis=0)).max() < 0.1 and (vectors**2).mean(axis=0) == pytest.approx(1 / 3, abs=0.05)
