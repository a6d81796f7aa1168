import numpy as np
import pytest

from ctscribe.ct.intensity import MEDREGION_RGB, WINDOWS, Window, clip_and_scale, window, windows_rgb


def slow_window(hu: np.ndarray, low: float, high: float) -> np.ndarray:
    out = np.empty(hu.shape, dtype=np.uint8)
    for index, value in np.ndenumerate(hu):
        out[index] = int(np.floor((min(max(float(value), low), high) - low) / (high - low) * 255 + 0.5))
    return out


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("name", WINDOWS)
def test_window_matches_the_definition(rng, name, dtype):
    hu = rng.integers(-2000, 3000, (3, 7, 11)).astype(dtype)
    got, expected = window(hu, *WINDOWS[name]).astype(int), slow_window(hu, *WINDOWS[name]).astype(int)
    assert np.abs(got - expected).max() <= (0 if dtype == np.int16 else 1)
    assert (got != expected).mean() < 0.01


def test_ends_of_the_scale():
    hu = np.array([-32768, -160, -159, 239, 240, 32767], dtype=np.int16)
    assert window(hu, -160, 240).tolist() == [0, 0, 1, 254, 255, 255]


def test_channels_are_the_windows_in_order(rng):
    hu = rng.integers(-1500, 1500, (2, 5, 6)).astype(np.int16)
    picture = windows_rgb(hu, MEDREGION_RGB)
    assert picture.shape == (2, 5, 6, 3)
    for channel, (low, high) in enumerate(MEDREGION_RGB):
        assert np.array_equal(picture[..., channel], window(hu, low, high))


def test_views_and_slices_are_taken_as_they_are(rng):
    hu = rng.integers(-1500, 1500, (4, 5, 6)).astype(np.int16)
    assert np.array_equal(window(hu[1, ::-1, ::2], -160, 240), slow_window(hu[1, ::-1, ::2], -160, 240))


def test_centre_and_width():
    assert Window.centred(40, 400) == WINDOWS["mediastinum"]


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_clip_and_scale(rng, dtype):
    hu = rng.integers(-2000, 2000, (3, 4, 5)).astype(dtype)
    expected = (np.clip(hu.astype(np.float64), -1000, 200) + 1000) / 1200 * 2 - 1
    got = clip_and_scale(hu, -1000, 200, to=(-1, 1))
    assert np.allclose(got, expected, atol=1e-6)
    assert got.min() >= -1 and got.max() <= 1


@pytest.mark.parametrize("call", [lambda hu: window(hu, 10, 10), lambda hu: clip_and_scale(hu, 5, -5)])
def test_an_upside_down_window_is_an_error(call):
    with pytest.raises(ValueError, match="below"):
        call(np.zeros((2, 2), dtype=np.int16))
