from __future__ import annotations

import numpy as np
import pytest
import torch

from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadInput
from ctscribe.model.views.volume import Volume


def test_padding_is_ct_clips_minus_one(noise: Case) -> None:
    view = Volume({}, size=(9, 11, 13), spacing=(3.0, 2.0, 1.5), clip=(-1000, 1000), scale=(-1, 1))
    finished = view.finish(view.sample(noise, {}).values[None])
    assert finished.shape == (1, *view.shape) and finished.dtype == torch.float32
    inner = finished[0, 0, 1:8, 1:10, 1:12].clone()
    np.testing.assert_allclose(inner, noise.volume.hu.clip(-1000, 1000) / 1000, atol=1e-6)
    finished[0, 0, 1:8, 1:10, 1:12] = -1
    assert (finished == -1).all()


def test_axes_are_z_y_x_from_the_feet_up(noise: Case) -> None:
    ramp = np.zeros((7, 9, 11), dtype=np.int16)
    ramp[6] += 800  # most superior slice
    ramp[:, 8] += 100  # most posterior row
    ramp[:, :, 10] += 10  # leftmost column of the patient
    view = Volume({}, size=(7, 9, 11))
    values = view.sample(Case(CTVolume(ramp, noise.volume.affine), noise.labelmap), {}).values
    assert values[6, 0, 0] == 800 and values[0, 8, 0] == 100 and values[0, 0, 10] == 10


def test_minmax_reaches_both_ends(chest: Case) -> None:
    view = Volume({}, size=(8, 16, 16), foreground_crop=True, clip=(-1000, 200), normalise="minmax")
    finished = view.finish(view.sample(chest, {}).values[None])
    assert finished.min() == 0 and finished.max() == 1


def test_the_same_case_gives_the_same_sample(chest: Case) -> None:
    view = Volume({}, size=(8, 16, 16), spacing=(30.0, 20.0, 20.0))
    first, second = (view.sample(chest, {}).values for _ in range(2))
    assert first.dtype == torch.int16
    assert torch.equal(first, second)


@pytest.mark.parametrize("normalise", ["clip", "minmax"])
def test_finishes_without_memory(normalise: str) -> None:
    view = Volume({}, size=(240, 480, 480), normalise=normalise)
    finished = view.finish(torch.empty(2, 240, 480, 480, dtype=torch.int16, device="meta"))
    assert finished.is_meta and finished.shape == (2, *view.shape)


@pytest.mark.parametrize(
    "options",
    [
        {"size": (0, 4, 4)},
        {"size": (4, 4, 4), "spacing": (1.0, 0.0, 1.0)},
        {"size": (4, 4, 4), "clip": (200.0, -1000.0)},
        {"size": (4, 4, 4), "scale": (1.0, 0.0)},
    ],
)
def test_values_without_sense_are_refused(options: dict) -> None:
    with pytest.raises(BadInput):
        Volume({}, **options)
