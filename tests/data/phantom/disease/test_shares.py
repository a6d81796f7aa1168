from __future__ import annotations

import math

import numpy as np
import pytest

from ctscribe.data.phantom.disease.shares import Tube, tube_shares

SHAPE, SPACING = (16, 24, 24), (5.0, 3.0, 3.0)


@pytest.mark.parametrize("radius", [3.0, 6.0, 14.0])
def test_a_ball_has_its_volume(radius: float) -> None:
    shares = tube_shares([Tube.ball((38.0, 34.3, 36.1), radius)], SHAPE, SPACING)
    assert shares.sum() * 45 == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.08)
    assert shares.min() >= 0 and shares.max() <= 1


def test_a_tube_tapers_and_ends_round() -> None:
    shares = tube_shares([Tube((40.0, 12.0, 12.0), (40.0, 12.0, 60.0), 6.0, 3.0)], SHAPE, SPACING)
    areas = shares[:, :, 4:21].sum(axis=(0, 1)) * 15
    expected = [math.pi * (6 - 3 * (3 * x - 12) / 48) ** 2 for x in range(5, 19)]
    assert areas[1:15] == pytest.approx(expected, rel=0.12)


def test_tubes_join_by_the_larger_share_and_may_leave_the_grid() -> None:
    pieces = [Tube((40.0, 30.0, -20.0), (40.0, 30.0, 30.0), 4.0, 4.0), Tube.ball((40.0, 30.0, 30.0), 4.0)]
    each = [tube_shares([piece], SHAPE, SPACING) for piece in pieces]
    assert np.array_equal(tube_shares(pieces, SHAPE, SPACING), np.maximum(*each))
    assert not tube_shares([], SHAPE, SPACING).any()


def test_widened() -> None:
    assert Tube((0, 0, 0), (0, 0, 9), 2.0, 1.0).widened(1.5)[2:] == (3.5, 2.5)
