import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.ct.checks import AIR, check_shape, check_size, check_spacing, check_values
from ctscribe.errors import BadScan


def refusal(call, *arguments) -> str:
    with pytest.raises(BadScan) as refused:
        call(*arguments)
    assert "\n" not in refused.value.message
    return refused.value.code


def test_size_is_held_against_the_file():
    check_size((10, 20, 30), 2, 12_000)
    assert refusal(check_size, (10, 20, 30), 2, 11_999) == "truncated"
    assert refusal(check_size, (65535, 65535, 10), 2, None) == "too-large"
    assert refusal(check_size, (10, 0, 30), 2, None) == "bad-dimensions"


@pytest.mark.parametrize(
    ("shape", "code"), [((9, 9), "not-3d"), ((9, 9, 9, 2), "not-3d"), ((7, 512, 512), "too-few-slices")]
)
def test_shape(shape, code):
    assert refusal(check_shape, shape) == code


@pytest.mark.parametrize("spacing", [(2.5, 0.7, 0.7), (0.7, 8.0, 0.7), (20.0, 5.0, 5.0), (0.1, 0.1, 0.1)])
def test_spacing_of_a_ct_is_accepted(spacing):
    check_spacing(*spacing)


@pytest.mark.parametrize(
    "spacing",
    [(0.0, 0.7, 0.7), (2.5, -1.0, 0.7), (2.5, float("nan"), 0.7), (21.0, 1.0, 1.0), (6.0, 6.0, 1.0), (0.05, 1.0, 1.0)],
)
def test_absurd_spacing_is_refused(spacing):
    assert refusal(check_spacing, *spacing) == "bad-spacing"


@pytest.mark.parametrize(("fraction", "warned"), [(0.0005, False), (0.01, True)])
def test_nan_is_read_as_air(rng, fraction, warned):
    hu = chest_phantom()[0].hu.astype(np.float32)
    lost = rng.random(hu.shape) < fraction
    hu[lost] = rng.choice([np.nan, np.inf, -np.inf, 1e30], lost.sum())
    checked = check_values(hu)
    assert checked.hu.dtype == np.int16
    assert (checked.hu[lost] == AIR).all()
    assert np.array_equal(checked.hu[~lost], hu[~lost])
    assert bool(checked.warnings) == warned


def test_mostly_nan_is_refused(rng):
    hu = chest_phantom()[0].hu.astype(np.float32)
    hu[rng.random(hu.shape) < 0.6] = np.nan
    assert refusal(check_values, hu) == "not-a-number"


@pytest.mark.parametrize("padding", [-2000, -2048, -3024, -32768])
def test_padding_is_clamped_and_said(padding):
    hu = chest_phantom()[0].hu.copy()
    outside = np.zeros(hu.shape, dtype=bool)
    outside[:, :10, :15] = outside[:, -10:, -15:] = True
    hu[outside] = padding
    checked = check_values(hu)
    assert (checked.hu[outside] == AIR).all()
    assert np.array_equal(checked.hu[~outside], hu[~outside])
    assert checked.repairs == ("Padding below -1024 HU (4% of the voxels) was read as air.",)


def test_a_clean_scan_passes_untouched():
    hu = chest_phantom()[0].hu
    checked = check_values(hu)
    assert checked.hu is hu
    assert checked.repairs == checked.warnings == ()


def test_complex_numbers_are_refused():
    assert refusal(check_values, np.zeros((9, 9, 9), dtype=np.complex64)) == "not-numeric"
