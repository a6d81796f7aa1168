from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.views import build_views, finish_views, sample_views
from ctscribe.model.views.region_masks import Reduction, RegionMasks, reduced
from ctscribe.model.views.slices import Slices
from ctscribe.model.views.volume import Volume

SIZE = (60, 80, 100)  # the drawn chest's own


def masks_of(case: Case, **options: object) -> torch.Tensor:
    views = {"volume": Volume({}, size=SIZE)}
    views["masks"] = RegionMasks(views, like="volume", **options)
    samples = {name: values[None] for name, values in sample_views(views, case).items()}
    return finish_views(views, samples)["masks"][0]


def region_voxels(case: Case) -> np.ndarray:
    return np.stack([case.labelmap.region(region.key) for region in CHEST6]).astype(np.float64)


@pytest.mark.parametrize(("reduce", "pooled"), [("any", np.max), ("mean", np.mean)])
def test_equals_loops_over_patches(chest: Case, reduce: str, pooled: np.ufunc) -> None:
    voxels = region_voxels(chest)
    expected = np.empty((6, 15, 10, 5))
    for z, y, x in product(range(15), range(10), range(5)):
        patch = voxels[:, 4 * z : 4 * z + 4, 8 * y : 8 * y + 8, 20 * x : 20 * x + 20]
        expected[:, z, y, x] = pooled(patch, axis=(1, 2, 3))
    masks = masks_of(chest, patch=(4, 8, 20), reduce=reduce)
    np.testing.assert_allclose(masks, expected, atol=5e-4 if reduce == "mean" else 0)  # float16 keeps 3 digits


@pytest.mark.parametrize("patch", [(4, 8, 20), (3, 5, 5), (1, 16, 20), (1, 1, 1)])
def test_trilinear_is_torchs_interpolation(chest: Case, patch: tuple[int, int, int]) -> None:
    grid = [n // side for n, side in zip(SIZE, patch, strict=True)]
    expected = interpolate(torch.from_numpy(region_voxels(chest))[None], grid, mode="trilinear", align_corners=False)[0]
    np.testing.assert_allclose(masks_of(chest, patch=patch, reduce="trilinear"), expected, atol=1e-6)


def test_the_union_holds_every_region(chest: Case) -> None:
    regions = masks_of(chest, patch=4)
    union = masks_of(chest, patch=4, union=True)
    assert union.shape == (1, 15, 20, 25)
    assert torch.equal(union[0], regions.amax(dim=0))


def test_one_number_stands_for_flat_patches_in_slices_and_cubes_in_volumes() -> None:
    others = {"volume": Volume({}, size=(8, 16, 16)), "slices": Slices({}, size=(16, 16), count=8, clip=(0, 1))}
    assert RegionMasks(others, like="volume", patch=4).shape == (6, 2, 4, 4)
    assert RegionMasks(others, like="slices", patch=4).shape == (6, 8, 4, 4)
    assert RegionMasks(others, like="slices", patch=(2, 4, 4), taxonomy="radgenome10").shape == (10, 4, 4, 4)


def test_masks_follow_the_crop_of_their_view(chest: Case) -> None:
    page = {
        "slices": {"type": "slices", "size": [32, 40], "spacing": [10, 8, 8], "depth": 16, "clip": [-1000, 1000]},
        "masks": {"type": "region_masks", "like": "slices", "patch": 1, "reduce": "any"},
    }
    views = build_views(page)
    samples = sample_views(views, chest)
    lung = samples["masks"][0].bool()
    dark = (samples["slices"] < -700) & (samples["slices"] > -950)  # lung at -850, air and trachea at -1000
    assert (lung & dark).sum() > 0.9 * lung.sum()
    assert (lung & dark).sum() > 0.9 * dark.sum()


def test_a_region_outside_the_view_is_all_zeros(chest: Case) -> None:
    views = {"top": Volume({}, size=(1, 80, 100), spacing=(5.0, 4.0, 4.0))}  # the middle slice: no abdomen
    masks = RegionMasks(views, like="top", patch=1)
    sample = masks.sample(chest, {"top": views["top"].sample(chest, {}).grid}).values
    assert sample.dtype == torch.uint8
    assert sample.flatten(1).any(dim=1).tolist() == [True, False, False, True, False, True]


@pytest.mark.parametrize("reduction", ["any", "mean", "trilinear"])
def test_reduces_every_region_by_itself(rng: np.random.Generator, reduction: Reduction) -> None:
    numbers = rng.integers(0, 11, (4, 4, 4), dtype=np.uint8)
    together = reduced(numbers, (2, 2, 4), 10, reduction)
    for k in range(1, 11):
        alone = reduced((numbers == k).astype(np.uint8), (2, 2, 4), 1, reduction)
        np.testing.assert_array_equal(together[k - 1], alone[0])


def test_finishes_without_memory() -> None:
    view = RegionMasks({"slices": Slices({}, size=(448, 448), count=128, clip=(0, 1))}, like="slices", patch=14)
    assert view.shape == (6, 128, 32, 32)
    assert view.finish(torch.empty(2, *view.shape, dtype=torch.uint8, device="meta")).dtype == torch.float32


def test_a_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput, match="a patch of 3 does not divide 16 voxels along y"):
        RegionMasks({"volume": Volume({}, size=(9, 16, 16))}, like="volume", patch=3)
