import numpy as np
import pytest
from scipy import ndimage

from ctscribe.data.phantom.anatomy import Anatomy
from ctscribe.data.phantom.averaging import EMPTY, INERT, averaged, box_widths
from ctscribe.data.phantom.normal import AIR_HU


def anatomy(rng: np.random.Generator) -> Anatomy:
    hu = np.full((14, 16, 15), AIR_HU, np.int16)
    hu[:, 6:] = rng.integers(-900, 900, hu[:, 6:].shape)
    uptake = np.zeros(hu.shape, np.uint8)
    uptake[4:7, 9:12, 5:8] = 100
    return Anatomy("block", hu, uptake, np.ones(hu.shape, np.uint8), np.zeros(hu.shape, np.uint8), {}, (2, 1, 1), "")


@pytest.mark.parametrize(("width", "weights"), [(1, [1]), (2, [1, 2, 1]), (3, [1, 1, 1]), (4, [1, 2, 2, 2, 1])])
def test_every_voxel_is_the_mean_of_a_centred_box(width: int, weights: list[int], rng: np.random.Generator) -> None:
    body = anatomy(rng)
    source = averaged(body, (width, 1, width))
    taps = np.array(weights) / sum(weights)
    kernel = taps[:, None, None] * taps[None, None, :]
    expected = ndimage.convolve(body.hu.astype(float), kernel, mode="nearest")
    assert np.abs(source.hu - expected).max() <= 0.51


def test_only_air_and_what_takes_up_nothing_is_skipped(rng: np.random.Generator) -> None:
    source = averaged(anatomy(rng), (2, 2, 2))
    near = ndimage.binary_dilation(source.uptake > 0, np.ones((3, 3, 3)))
    assert not near[source.compartments == INERT].any()
    assert (source.compartments[near] == 1).all()
    tissue = ndimage.binary_dilation(source.hu != AIR_HU, np.ones((3, 3, 3)))
    assert (tissue == (source.compartments != EMPTY)).all()


def test_the_width_follows_the_ratio_of_voxel_sizes() -> None:
    assert box_widths((0.5, 1.0, 1.2)) == (1, 1, 1)
    assert box_widths((4.0, 2.0, 2.24)) == (4, 2, 2)
    assert {box_widths((z, 1.7 + z / 10, 2.0)) for z in (1.65, 1.8, 2.0, 2.2)} == {(2, 2, 2)}
