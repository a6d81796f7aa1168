from __future__ import annotations

import numpy as np
import pytest
import torch

from ctscribe.case import Case
from ctscribe.ct.intensity import MEDREGION_RGB, windows_rgb
from ctscribe.errors import BadInput
from ctscribe.model.views.slices import Slices
from ctscribe.model.views.volume import Volume


def test_medregions_windows_agree_with_the_pictures_of_the_scan_floor(noise: Case) -> None:
    view = Slices({}, size=(9, 11), spacing=(3.0, 2.0, 1.5), depth=7, windows="medregion_rgb")
    finished = view.finish(view.sample(noise, {}).values[None])
    assert finished.shape == (1, 7, 3, 9, 11) == (1, *view.shape)
    pictures = windows_rgb(noise.volume.hu, MEDREGION_RGB).transpose(0, 3, 1, 2) / 255
    np.testing.assert_allclose(finished[0], pictures, atol=0.5 / 255 + 1e-6)  # pictures are bytes


def test_one_window_fills_three_equal_channels(noise: Case) -> None:
    view = Slices({}, size=(9, 11), count=7, clip=(-1000, 1000), scale=(-1, 1))
    finished = view.finish(view.sample(noise, {}).values[None])
    expected = noise.volume.hu.clip(-1000, 1000) / 1000
    for channel in range(3):
        np.testing.assert_allclose(finished[0, :, channel], expected, atol=1e-6)


def test_mean_and_std_come_last_and_by_channel(noise: Case) -> None:
    plain = Slices({}, size=(9, 11), count=7, clip=(-160, 240))
    normed = Slices({}, size=(9, 11), count=7, clip=(-160, 240), mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    values = plain.sample(noise, {}).values[None]
    for channel, (mean, std) in enumerate([(0.1, 0.5), (0.2, 0.6), (0.3, 0.7)]):
        expected = (plain.finish(values)[:, :, channel] - mean) / std
        torch.testing.assert_close(normed.finish(values)[:, :, channel], expected)


def test_counted_slices_are_those_of_a_resized_volume(chest: Case) -> None:
    slices = Slices({}, size=(16, 20), count=12, foreground_crop=True, clip=(-1000, 200))
    volume = Volume({}, size=(12, 16, 20), foreground_crop=True, clip=(-1000, 200))
    assert torch.equal(slices.sample(chest, {}).values, volume.sample(chest, {}).values)


def test_counted_slices_spread_evenly(noise: Case) -> None:
    noise.volume.hu[:] = (np.arange(7) * 100)[:, None, None]
    view = Slices({}, size=(4, 4), count=14, clip=(-1000, 1000))
    heights = view.sample(noise, {}).values[:, 0, 0].numpy() / 100
    np.testing.assert_allclose(heights, ((np.arange(14) + 0.5) / 2 - 0.5).clip(0, 6), atol=0.01)


def test_finishes_without_memory() -> None:
    view = Slices({}, size=(448, 448), spacing=(3.0, 0.8, 0.8), depth=128, windows="medregion_rgb")
    finished = view.finish(torch.empty(2, 128, 448, 448, dtype=torch.int16, device="meta"))
    assert finished.is_meta and finished.shape == (2, 128, 3, 448, 448)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip": (0, 1)}, "either count, or both spacing and depth"),
        ({"clip": (0, 1), "count": 4, "spacing": (1, 1, 1)}, "either count, or both spacing and depth"),
        ({"clip": (0, 1), "count": 4, "spacing": (1, 1, 1), "depth": 4}, "either count, or both spacing and depth"),
        ({"clip": (0, 1), "spacing": (1, 1, 1)}, "either count, or both spacing and depth"),
        ({"clip": (0, 1), "depth": 4}, "either count, or both spacing and depth"),
        ({"clip": (0, 1), "count": 0}, "count must be positive"),
        ({"count": 4}, "either clip or windows"),
        ({"count": 4, "clip": (0, 1), "windows": "medregion_rgb"}, "either clip or windows"),
        ({"count": 4, "windows": ((0, 1), (3, 2), (0, 1))}, "windows: the low end"),
        ({"count": 4, "clip": (0, 1), "mean": (0, 0, 0)}, "mean and std go together"),
        ({"count": 4, "clip": (0, 1), "mean": (0, 0, 0), "std": (1, 1, 0)}, "std must be positive"),
    ],
)
def test_options_that_exclude_each_other(options: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Slices({}, size=(8, 8), **options)
