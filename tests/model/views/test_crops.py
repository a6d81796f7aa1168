from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from ctscribe.errors import BadInput
from ctscribe.model.views.crops import Crops
from ctscribe.model.views.volume import Volume

VOLUMES = {"volume": Volume({}, size=(4, 6, 9))}


def test_crops_come_in_order_and_the_thumbnail_last() -> None:
    view = Crops(VOLUMES, of="volume", grid=(2, 1, 3))
    assert view.shape == (7, 1, 2, 6, 3)
    values = torch.rand(2, 1, 4, 6, 9)
    finished = view.finish(values)
    crops = [values[:, :, 2 * z : 2 * z + 2, :, 3 * x : 3 * x + 3] for z in range(2) for x in range(3)]
    for number, crop in enumerate(crops):
        assert torch.equal(finished[:, number], crop)
    torch.testing.assert_close(finished[:, 6], interpolate(values, (2, 6, 3), mode="trilinear"))


def test_crops_can_be_resized() -> None:
    view = Crops(VOLUMES, of="volume", grid=(2, 2, 3), size=(3, 3, 3))
    values = torch.rand(1, 1, 4, 6, 9)
    finished = view.finish(values)
    assert finished.shape == (1, *view.shape) == (1, 13, 1, 3, 3, 3)
    torch.testing.assert_close(
        finished[:, 11], interpolate(values[..., 2:, 3:, 6:], (3, 3, 3), mode="trilinear", align_corners=False)
    )


def test_finishes_without_memory() -> None:
    view = Crops({"volume": Volume({}, size=(64, 512, 512))}, of="volume", grid=(2, 2, 2))
    assert view.finish(torch.empty(2, 1, 64, 512, 512, device="meta")).shape == (2, *view.shape)


@pytest.mark.parametrize("size", [None, (2, 2, 2)])
def test_a_grid_that_does_not_divide_is_refused(size: tuple[int, int, int] | None) -> None:
    with pytest.raises(BadInput, match="a grid of 2 does not divide 9 voxels along x"):
        Crops(VOLUMES, of="volume", grid=(2, 2, 2), size=size)
