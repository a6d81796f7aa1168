from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import attend, each_through
from projector_cases import close, every_parameter_learns, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.projector import PROJECTORS, Projector
from ctscribe.model.projectors.query import QFormer, QueryBlock, RandomQuery

GRID, CHANNELS, WIDTH = (1, 2, 3), 4, 5


def qformer(spec: FeatureSpec, depth: int = 3, cross_every: int = 2) -> QFormer:
    torch.manual_seed(3)
    options = {"queries": 3, "depth": depth, "heads": 2, "hidden": 6, "cross_every": cross_every}
    return QFormer((spec,), WIDTH, None, **options).double()


def qformer_reference(part: QFormer, tokens: np.ndarray) -> np.ndarray:
    patches = each_through(tokens, part.patch_norm)
    queries = part.queries.detach().numpy()
    for block in part.blocks:
        assert isinstance(block, QueryBlock)
        normed = each_through(queries, block.self_norm)
        queries = queries + attend(normed, normed, block.self_attention)
        if block.crosses:
            queries = queries + attend(each_through(queries, block.cross_norm), patches, block.cross_attention)
        queries = queries + each_through(each_through(queries, block.mlp_norm), block.mlp)
    return each_through(each_through(queries, part.norm), part.projection)


@pytest.mark.parametrize("cross_every", [1, 2])
def test_qformer_query_by_query(rng, cross_every):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = qformer(spec, cross_every=cross_every)
    assert features.tokens is not None
    close(part(features), np.stack([qformer_reference(part, case) for case in features.tokens.numpy()]))
    every_parameter_learns(part, part(features))


def test_every_second_block_sees_the_patches():
    part = qformer(FeatureSpec(CHANNELS, GRID), depth=4)
    assert [block.crosses for block in part.blocks] == [True, False, True, False]


def random_query(spec: FeatureSpec) -> RandomQuery:
    torch.manual_seed(3)
    return RandomQuery((spec,), WIDTH, None, queries=3, heads=2).double()


def test_random_queries_are_learned_and_keep_themselves(rng):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = random_query(spec)
    assert features.tokens is not None
    queries = part.queries.detach().numpy()
    cases = [
        each_through(queries + attend(queries, case, part.attention), part.layers) for case in features.tokens.numpy()
    ]
    close(part(features), np.stack(cases))
    every_parameter_learns(part, part(features))


@pytest.mark.parametrize("build", [qformer, random_query])
def test_the_order_of_patches_does_not_matter(rng, build):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part: Projector = build(spec)
    assert features.tokens is not None
    shuffled = Features(GRID, tokens=features.tokens[:, torch.randperm(6, generator=torch.Generator().manual_seed(5))])
    torch.testing.assert_close(part(shuffled).values, part(features).values)
    other = Features(GRID, tokens=features.tokens + 1.5 * features.tokens.roll(1, dims=2))
    assert not torch.allclose(part(other).values, part(features).values, atol=1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match=r"random_query\.heads: 3 heads do not divide a width of 4"):
        RandomQuery((FeatureSpec(CHANNELS, GRID),), WIDTH, None, heads=3)
    with pytest.raises(BadInput, match=r"qformer\.queries"):
        QFormer((FeatureSpec(CHANNELS, GRID),), WIDTH, None, queries=0)


@pytest.mark.parametrize(("name", "count"), [("qformer", 32), ("random_query", 64)])
@pytest.mark.parametrize("grid", [(8, 8, 8), (16, 16, 16)])
def test_as_many_tokens_as_queries_whatever_the_resolution(name, count, grid):
    with torch.device("meta"):
        spec = FeatureSpec(768, grid)
        part = PROJECTORS[name]((spec,), 4096, None)
        seen = part(Features(grid, tokens=torch.zeros(1, spec.tokens, 768)))
    assert part.token_counts() == {"queries": count}
    assert seen.values.shape == (1, count, 4096)
