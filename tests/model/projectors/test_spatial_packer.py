from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import attention, close, every_parameter_learns, layer_norm, linear, mlp, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.projector import PROJECTORS
from ctscribe.model.projectors.spatial_packer import SpatialPacker, split_into_cells

GRID, POINTS, CHANNELS, WIDTH = (2, 4, 6), (2, 2, 3), 6, 5
HSENET = FeatureSpec(channels=768, grid=(8, 16, 16))


@pytest.fixture
def features(rng: np.random.Generator) -> Features:
    return patch_features(rng, GRID, CHANNELS)[1]


def packer(heads: int = 1) -> SpatialPacker:
    torch.manual_seed(3)
    return SpatialPacker((FeatureSpec(CHANNELS, GRID),), WIDTH, None, grid=POINTS, heads=heads).double()


def voxel(z: int, y: int, x: int) -> int:
    """Number of the local voxel, 1×2×2 patches, that a patch lies in."""
    return (z * 2 + y // 2) * 3 + x // 2


def reference(part: SpatialPacker, tokens: np.ndarray) -> np.ndarray:
    """HSENet, Eq. 6, with the authors' residual and LayerNorm, voxel by voxel."""
    cells: dict[int, list[np.ndarray]] = {number: [] for number in range(12)}
    for z in range(GRID[0]):
        for y in range(GRID[1]):
            for x in range(GRID[2]):
                cells[voxel(z, y, x)].append(tokens[(z * GRID[1] + y) * GRID[2] + x])
    packed = []
    for number in range(12):
        query = linear(np.mean(cells[number], axis=0), part.query)
        projected = [linear(cell, part.key_value) for cell in cells[number]]
        keys, values = [p[:CHANNELS] for p in projected], [p[CHANNELS:] for p in projected]
        seen = linear(attention(query, keys, values, part.heads), part.output)
        packed.append(mlp(layer_norm(query + seen, part.norm), part.mlp))
    return np.array(packed)


@pytest.mark.parametrize("heads", [1, 3])
def test_equals_the_equation_voxel_by_voxel(features: Features, heads: int) -> None:
    part = packer(heads)
    assert features.tokens is not None
    close(part(features), np.stack([reference(part, case) for case in features.tokens.numpy()]))


def test_a_cell_attends_to_nothing_outside_its_voxel(features: Features) -> None:
    part = packer()
    assert features.tokens is not None
    changed = features.tokens.clone()
    changed[:, 1 * 24 + 3 * 6 + 4] += 1.0  # patch (1, 3, 4)
    before, after = part(features).values, part(Features(grid=GRID, tokens=changed)).values
    differs = (before != after).any(dim=2)
    assert differs[:, voxel(1, 3, 4)].all()
    assert differs.sum() == 2  # that voxel in each of the two cases


def test_cells_come_in_row_major_order(features: Features) -> None:
    numbers = torch.arange(48.0)[None, :, None].expand(2, -1, -1)
    cells = split_into_cells(numbers, POINTS, (1, 2, 2))
    assert cells.shape == (24, 4, 1)
    assert cells[1, :, 0].tolist() == [2, 3, 8, 9]


@pytest.mark.parametrize(("grid", "count"), [((8, 2, 2), 32), ((4, 4, 4), 64), ((8, 4, 4), 128), ((4, 8, 8), 256)])
def test_tokens_by_stride_as_in_the_papers_table_5(grid: tuple[int, int, int], count: int) -> None:
    with torch.device("meta"):
        part = SpatialPacker(
            (HSENET,), 3072, None, **PROJECTORS.options("spatial_packer", {"grid": list(grid)}, "here")
        )
        tokens = part(Features(grid=(8, 16, 16), tokens=torch.zeros(2, 2048, 768)))
    assert part.token_counts() == {"points": count}
    assert tokens.values.shape == (2, count, 3072) and tokens.values.is_meta


def test_gradient_reaches_every_parameter(features: Features) -> None:
    part = packer(3)
    every_parameter_learns(part, part(features))


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (HSENET, {"grid": (3, 4, 4)}, "grid"),
        (HSENET, {"grid": (0, 4, 4)}, "grid"),
        (HSENET, {"heads": 5}, "heads"),
        (FeatureSpec(512, slots=1), {}, "no-patches"),
    ],
)
def test_what_does_not_fit_is_refused(source: FeatureSpec, options: dict, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        SpatialPacker((source,), 16, None, **options)
    assert refusal.value.code == code


def test_two_sources_are_refused() -> None:
    with pytest.raises(BadInput, match="names 2"):
        SpatialPacker((HSENET, HSENET), 16, None)
