from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import close, every_parameter_learns, linear, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, MaskSpec
from ctscribe.model.projectors.mask_pooling import MaskPooling
from ctscribe.model.projectors.projector import PROJECTORS

GRID, CHANNELS, WIDTH, REGIONS = (3, 2, 4), 3, 5, 4
LAYERS = (6, 12)
SPEC = FeatureSpec(CHANNELS, GRID, LAYERS)
ABSENT = ((0, 2), (1, 3))  # (case, region) without a voxel


@pytest.fixture
def features(rng: np.random.Generator) -> Features:
    return patch_features(rng, GRID, CHANNELS, layers=LAYERS)[1]


@pytest.fixture
def masks(rng: np.random.Generator) -> torch.Tensor:
    """Soft masks as trilinear interpolation leaves them, half of the patches outside, one region absent a case."""
    shares = rng.random((2, REGIONS, *GRID))
    masks = torch.from_numpy(np.where(shares < 0.5, 0.0, shares))
    for case, region in ABSENT:
        masks[case, region] = 0
    return masks


def pooling(spec: FeatureSpec = SPEC, **options: float) -> MaskPooling:
    torch.manual_seed(3)
    checked = PROJECTORS.options("mask_pooling", options, "here")
    return MaskPooling((spec,), WIDTH, MaskSpec(REGIONS, GRID), **checked).double()


def reference(part: MaskPooling, layers: list[np.ndarray], mask: np.ndarray) -> np.ndarray:
    """MedRegion-CT, Eqs. 4 and 5, of one region of one case, voxel by voxel."""
    total = np.zeros(CHANNELS if not part.layer_projections else part.projection.in_features)
    for layer, project in zip(layers, part.layer_projections, strict=True):
        above, below = np.zeros(CHANNELS), part.epsilon
        for voxel, share in enumerate(mask.reshape(-1)):
            above += share * layer[voxel]
            below += share
        total += linear(above / below, project)
    return linear(total, part.projection)


@pytest.mark.parametrize("options", [{}, {"hidden": 7}, {"epsilon": 0.5}])
def test_equals_the_equations_voxel_by_voxel(features: Features, masks: torch.Tensor, options: dict) -> None:
    part = pooling(**options)
    tokens = part(features, masks=masks)
    for case in range(2):
        layers = [features.layers[number][case].numpy() for number in LAYERS]
        close(tokens.values[case], np.array([reference(part, layers, mask) for mask in masks[case].numpy()]))


def test_tokens_serve_where_a_source_has_no_layers(features: Features, masks: torch.Tensor) -> None:
    part = pooling(FeatureSpec(CHANNELS, GRID))
    assert features.tokens is not None
    layer = features.tokens[0].numpy()
    close(part(features, masks=masks).values[0, 1], reference(part, [layer], masks[0, 1].numpy()))


def test_voxels_outside_a_mask_do_not_change_its_token(features: Features, masks: torch.Tensor) -> None:
    part = pooling()
    outside = (masks[:, 1] == 0).flatten(1)[..., None]
    other = {number: torch.where(outside, 9.0, layer) for number, layer in features.layers.items()}
    before = part(features, masks=masks)
    after = part(Features(grid=GRID, tokens=features.tokens, layers=other), masks=masks)
    close(after.values[:, 1], before.values[:, 1].detach().numpy())
    assert (before.values[:, 0] - after.values[:, 0]).abs().max() > 0.01  # another region, which reaches further


def test_an_absent_region_gives_no_token(features: Features, masks: torch.Tensor) -> None:
    part = pooling()
    tokens = part(features, masks=masks)
    assert tokens.valid.tolist() == [[(case, region) not in ABSENT for region in range(REGIONS)] for case in range(2)]
    assert tokens.values.isfinite().all()
    assert part.token_counts() == {"regions": 4}
    assert part.token_counts(masks[:1]) == {"regions": 3}


def test_gradient_reaches_every_parameter(features: Features, masks: torch.Tensor) -> None:
    part = pooling()
    every_parameter_learns(part, part(features, masks=masks))


def test_six_regions_of_128_slices_on_the_meta_device() -> None:
    grid = (128, 32, 32)
    spec = FeatureSpec(1152, grid, (6, 12, 18, 24))
    with torch.device("meta"):
        part = MaskPooling((spec,), 4096, MaskSpec(6, grid))
        layer = torch.zeros(1, 131072, 1152)
        tokens = part(
            Features(grid=grid, tokens=layer, layers=dict.fromkeys(spec.layers, layer)), masks=torch.zeros(1, 6, *grid)
        )
    assert tokens.values.shape == (1, 6, 4096) and tokens.values.is_meta


@pytest.mark.parametrize(
    ("masks", "options", "code"),
    [
        (None, {}, "no-masks"),
        (MaskSpec(4, (3, 2, 2)), {}, "mask-grid"),
        (MaskSpec(4, GRID), {"epsilon": 0.0}, "wrong-value"),
        (MaskSpec(4, GRID), {"hidden": 0}, "wrong-value"),
    ],
)
def test_what_does_not_fit_is_refused(masks: MaskSpec | None, options: dict, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        MaskPooling((SPEC,), WIDTH, masks, **options)
    assert refusal.value.code == code
