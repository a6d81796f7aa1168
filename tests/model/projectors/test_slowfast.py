from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import close, every_parameter_learns, linear, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, MaskSpec
from ctscribe.model.projectors.projector import PROJECTORS
from ctscribe.model.projectors.slowfast import RegionSlowFast, UniformSlowFast

GRID, CHANNELS, WIDTH = (7, 4, 6), 3, 5
DEPTH, HEIGHT, ACROSS = GRID
SPEC, MASKS = FeatureSpec(CHANNELS, GRID), MaskSpec(1, GRID)
BEARING = ((1, 2, 4, 5, 6), (0, 3))  # organ-bearing slices of two cases


@pytest.fixture
def features(rng: np.random.Generator) -> Features:
    return patch_features(rng, GRID, CHANNELS)[1]


@pytest.fixture
def masks(rng: np.random.Generator) -> torch.Tensor:
    """Ragged: five organ-bearing slices in one case, two in the other, some cells of each without organs."""
    masks = torch.zeros(2, 1, *GRID, dtype=torch.float64)
    for case, slices in enumerate(BEARING):
        for d in slices:
            masks[case, 0, d] = torch.from_numpy((rng.random((HEIGHT, ACROSS)) < 0.25).astype(float))
            masks[case, 0, d, d % HEIGHT, d % ACROSS] = 1.0
    return masks


def tokenizer(stride: int = 2, parts: str = "both") -> RegionSlowFast:
    torch.manual_seed(3)
    options = PROJECTORS.options("slowfast", {"stride": stride, "parts": parts}, "here")
    return RegionSlowFast((SPEC,), WIDTH, MASKS, **options).double()


def grid_of(features: Features) -> np.ndarray:
    assert features.tokens is not None
    return features.tokens.numpy().reshape(-1, *GRID, CHANNELS)


def pooled_cells(plane: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """2×2 means of one slice."""
    cells = {}
    for y in range(HEIGHT // 2):
        for x in range(ACROSS // 2):
            cells[y, x] = sum(plane[2 * y + i, 2 * x + j] for i in (0, 1) for j in (0, 1)) / 4
    return cells


def reference(part: RegionSlowFast, f: np.ndarray, m: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """MedRegion-CT, Eqs. 2 and 3, of one case: fast and slow tokens, slice by slice."""
    bearing = [d for d in range(DEPTH) if m[d].sum() > 0]
    fast = []
    for d in bearing:
        mean = np.zeros(CHANNELS)
        for y in range(HEIGHT):
            for x in range(ACROSS):
                mean += f[d, y, x] / (HEIGHT * ACROSS)
        fast.append(linear(mean, part.connector))
    slow = []
    for d in bearing[:: part.stride]:
        held = pooled_cells(m[d][..., None])
        slow += [
            linear(cell, part.connector) for at, cell in pooled_cells(f[d] * m[d][..., None]).items() if held[at] > 0
        ]
    return fast, slow


@pytest.mark.parametrize("stride", [1, 2, 3, 9])
@pytest.mark.parametrize("parts", ["both", "fast", "slow"])
def test_equals_the_equations_slice_by_slice(features: Features, masks: torch.Tensor, stride: int, parts: str) -> None:
    part = tokenizer(stride, parts)
    tokens = part(features, masks=masks)
    for case in range(2):
        fast, slow = reference(part, grid_of(features)[case], masks[case, 0].numpy())
        expected = {"both": fast + slow, "fast": fast, "slow": slow}[parts]
        close(tokens.values[case][tokens.valid[case]], np.array(expected))
        counts = {"fast": len(fast), "slow": len(slow)}
        kinds = ("fast", "slow") if parts == "both" else (parts,)
        assert part.token_counts(masks[case : case + 1]) == {kind: counts[kind] for kind in kinds}


def test_slices_without_organs_change_nothing(features: Features, masks: torch.Tensor) -> None:
    part = tokenizer(stride=1)
    other = grid_of(features).copy()
    other[0, 0], other[0, 3] = 9.0, -9.0  # the two slices of the first case that hold no organ
    before = part(features, masks=masks)
    after = part(Features(grid=GRID, tokens=torch.from_numpy(other.reshape(2, -1, CHANNELS))), masks=masks)
    assert torch.equal(before.valid, after.valid)
    assert torch.equal(before.values[before.valid], after.values[after.valid])


def test_patches_outside_the_organs_do_not_change_slow_tokens(features: Features, masks: torch.Tensor) -> None:
    part = tokenizer(stride=1, parts="slow")
    inside = masks[:, 0].numpy()[..., None] > 0
    other = np.where(inside, grid_of(features), 7.0).reshape(2, -1, CHANNELS)
    before = part(features, masks=masks)
    after = part(Features(grid=GRID, tokens=torch.from_numpy(other)), masks=masks)
    assert torch.equal(before.values[before.valid], after.values[after.valid])


def test_the_union_of_several_regions_counts(features: Features, masks: torch.Tensor) -> None:
    split = torch.zeros(2, 2, *GRID, dtype=torch.float64)
    split[:, 0, ..., :3], split[:, 1, ..., 3:] = masks[:, 0, ..., :3], 0.4 * masks[:, 0, ..., 3:]
    one, two = tokenizer()(features, masks=masks), tokenizer()(features, masks=split)
    assert torch.equal(one.values, two.values) and torch.equal(one.valid, two.valid)


def test_a_scan_without_organs_gives_no_token(features: Features, masks: torch.Tensor) -> None:
    tokens = tokenizer()(features, masks=torch.zeros_like(masks))
    assert not tokens.valid.any() and tokens.values.isfinite().all()


def test_a_case_is_the_same_alone_and_in_a_batch(features: Features, masks: torch.Tensor) -> None:
    part = tokenizer()
    assert features.tokens is not None
    together = part(features, masks=masks)
    alone = part(Features(grid=GRID, tokens=features.tokens[1:]), masks=masks[1:])
    close(alone.values, together.values[1:].detach().numpy())
    assert torch.equal(alone.valid, together.valid[1:])


def test_largest_counts_of_128_slices() -> None:
    grid = (128, 32, 32)
    with torch.device("meta"):
        part = RegionSlowFast((FeatureSpec(1152, grid),), 4096, MaskSpec(1, grid))
        tokens = part(Features(grid=grid, tokens=torch.zeros(1, 131072, 1152)), masks=torch.zeros(1, 1, *grid))
    assert part.token_counts() == {"fast": 128, "slow": 4096}
    assert tokens.values.shape == (1, 128 + 4096, 4096) and tokens.values.is_meta


def test_only_slow_slices_are_pooled_and_projected(features: Features, masks: torch.Tensor) -> None:
    assert tokenizer(stride=3)(features, masks=masks).values.shape[1] == DEPTH + 3 * 6  # ⌈7/3⌉ slices of 2×3 cells


def test_gradient_reaches_every_parameter(features: Features, masks: torch.Tensor) -> None:
    part = tokenizer()
    every_parameter_learns(part, part(features, masks=masks))


@pytest.mark.parametrize(
    ("masks", "options", "code"),
    [
        (None, {}, "no-masks"),
        (MaskSpec(1, (7, 2, 3)), {}, "mask-grid"),
        (MASKS, {"kernel": 4}, "grid"),
        (MASKS, {"stride": 0}, "wrong-value"),
    ],
)
def test_what_does_not_fit_is_refused(masks: MaskSpec | None, options: dict, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        RegionSlowFast((SPEC,), WIDTH, masks, **options)
    assert refusal.value.code == code


def uniform(**options: int) -> UniformSlowFast:
    torch.manual_seed(3)
    return UniformSlowFast((SPEC,), WIDTH, None, **PROJECTORS.options("uniform_slowfast", options, "here")).double()


def test_uniform_equals_loops_over_evenly_spaced_slices(features: Features) -> None:
    part = uniform(slow_frames=3)
    references = []
    for f in grid_of(features):
        fast = [linear(f[d].reshape(-1, CHANNELS).mean(axis=0), part.connector) for d in range(DEPTH)]
        slow = [linear(cell, part.connector) for d in (1, 3, 5) for cell in pooled_cells(f[d]).values()]
        references.append(fast + slow)
    tokens = part(features)
    close(tokens, np.array(references))
    assert tokens.valid.all()
    assert part.token_counts() == {"fast": 7, "slow": 18}
    every_parameter_learns(part, tokens)


def test_uniform_may_take_fewer_fast_slices(features: Features) -> None:
    part = uniform(fast_slices=2)
    mean = grid_of(features)[0, 5].reshape(-1, CHANNELS).mean(axis=0)
    close(part(features).values[0, 1], linear(mean, part.connector))
    assert part.token_counts()["fast"] == 2


def test_litas_counts_of_128_slices() -> None:
    grid = (128, 32, 32)
    with torch.device("meta"):
        part = UniformSlowFast((FeatureSpec(1152, grid),), 4096, None)
        tokens = part(Features(grid=grid, tokens=torch.zeros(1, 131072, 1152)))
    assert part.token_counts() == {"fast": 128, "slow": 1024}
    assert tokens.values.shape[1] == 1152


@pytest.mark.parametrize("options", [{"slow_frames": 8}, {"fast_slices": 0}])
def test_uniform_cannot_take_slices_that_are_not_there(options: dict) -> None:
    with pytest.raises(BadInput, match="of 7 slices cannot be taken"):
        uniform(**options)
