from __future__ import annotations

from itertools import product

import numpy as np
import torch

from ctscribe.model.views.intensities import clipped_volume, minmax_volume, per_channel, through_windows


def hounsfield(*shape: int) -> torch.Tensor:
    return torch.randint(-2000, 2000, shape, dtype=torch.int16, generator=torch.Generator().manual_seed(1))


def scaled(value: float, low: float, high: float, ends: tuple[float, float]) -> float:
    return (min(max(value, low), high) - low) / (high - low) * (ends[1] - ends[0]) + ends[0]


def test_windows_equal_loops() -> None:
    hu = hounsfield(2, 3, 4, 5)
    windows = [(-1024.0, 1024.0), (-135.0, 215.0), (0.0, 80.0)]
    expected = np.empty((2, 3, 3, 4, 5))
    for b, s, c, y, x in product(range(2), range(3), range(3), range(4), range(5)):
        expected[b, s, c, y, x] = scaled(float(hu[b, s, y, x]), *windows[c], (-1, 1))
    np.testing.assert_allclose(through_windows(hu, windows, (-1, 1)), expected, atol=1e-6)


def test_a_clipped_volume_equals_loops() -> None:
    hu = hounsfield(2, 3, 4, 5)
    expected = np.vectorize(lambda value: scaled(value, -1000, 200, (0, 1)))(hu.numpy().astype(float))
    np.testing.assert_allclose(clipped_volume(hu, (-1000, 200), (0, 1)), expected, atol=1e-6)


def test_ct_clip_divides_by_a_thousand() -> None:
    hu = hounsfield(1, 4, 4, 4)
    np.testing.assert_allclose(
        clipped_volume(hu, (-1000, 1000), (-1, 1)), hu.numpy().clip(-1000, 1000) / 1000, atol=1e-6
    )


def test_minmax_takes_each_volumes_own_extremes_after_clipping() -> None:
    hu = hounsfield(2, 3, 4, 5) // 4
    hu[1] += 300
    result = minmax_volume(hu, (-400, 400), (0, 1))
    for volume, given in zip(result, hu.numpy().astype(float), strict=True):
        clipped = given.clip(-400, 400)
        low, high = clipped.min(), clipped.max()
        np.testing.assert_allclose(volume, (clipped - low) / (high - low), atol=1e-6)


def test_a_volume_of_one_value_becomes_the_low_end() -> None:
    flat = torch.full((1, 2, 2, 2), 40, dtype=torch.int16)
    assert (minmax_volume(flat, (-1000, 1000), (-1, 1)) == -1).all()


def test_samples_are_left_as_they_were() -> None:
    hu = hounsfield(1, 2, 3, 4)
    before = hu.clone()
    through_windows(hu, [(0, 80)], (0, 1))
    minmax_volume(hu, (-1000, 200), (0, 1))
    assert torch.equal(hu, before)


def test_channels_broadcast_over_pictures() -> None:
    assert per_channel([1, 2], torch.device("cpu")).shape == (2, 1, 1)
