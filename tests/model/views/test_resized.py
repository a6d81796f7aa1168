from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from ctscribe.errors import BadInput
from ctscribe.model.views.resized import Resized
from ctscribe.model.views.slices import Slices
from ctscribe.model.views.volume import Volume


def test_half_the_size_is_the_mean_of_eight_voxels() -> None:
    high = Volume({}, size=(4, 6, 8))
    low = Resized({"high": high}, of="high", size=(2, 3, 4))
    values = torch.rand(2, 1, 4, 6, 8)
    finished = low.finish(values)
    assert finished.shape == (2, *low.shape)
    for b, z, y, x in torch.cartesian_prod(*(torch.arange(n) for n in (2, 2, 3, 4))).tolist():
        cell = values[b, 0, 2 * z : 2 * z + 2, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
        assert finished[b, 0, z, y, x].item() == pytest.approx(cell.mean().item(), abs=1e-6)


def test_any_size_is_torchs_trilinear() -> None:
    low = Resized({"high": Volume({}, size=(4, 6, 8))}, of="high", size=(3, 7, 5))
    values = torch.rand(1, 1, 4, 6, 8)
    expected = interpolate(values, (3, 7, 5), mode="trilinear", align_corners=False)
    assert torch.equal(low.finish(values), expected)


def test_finishes_without_memory() -> None:
    low = Resized({"high": Volume({}, size=(256, 512, 512))}, of="high", size=(64, 128, 128))
    assert low.finish(torch.empty(2, 1, 256, 512, 512, device="meta")).shape == (2, 1, 64, 128, 128)


def test_only_a_volume_can_be_resized() -> None:
    slices = Slices({}, size=(8, 8), count=1, clip=(0, 1))
    with pytest.raises(BadInput, match=r"of names 'slices', which is not a volume: its shape is \[1, 3, 8, 8\]"):
        Resized({"slices": slices}, of="slices", size=(2, 2, 2))
