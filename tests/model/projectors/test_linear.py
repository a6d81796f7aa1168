from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import each_through
from projector_cases import close, every_parameter_learns, patch_features
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.linear import MLP, Linear, gelu_mlp
from ctscribe.model.projectors.projector import PROJECTORS, Projector

GRID, CHANNELS, WIDTH = (1, 2, 3), 4, 5
EMBEDDING = FeatureSpec(CHANNELS, slots=2)


def embedded(rng: np.random.Generator) -> Features:
    return Features(pooled=torch.from_numpy(rng.normal(size=(2, 2, CHANNELS))))


@pytest.mark.parametrize("norm", [False, True])
def test_linear_maps_every_patch(rng, norm):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = Linear((spec,), WIDTH, None, norm=norm).double()
    assert features.tokens is not None
    close(part(features), np.stack([each_through(case, part.layers) for case in features.tokens.numpy()]))
    assert isinstance(part.layers, nn.Sequential) is norm
    assert part.token_counts() == {"patches": 6}
    every_parameter_learns(part, part(features))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_mlp_of_every_depth(rng, depth):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = MLP((spec,), WIDTH, None, depth=depth, hidden=7).double()
    assert features.tokens is not None
    close(part(features), np.stack([each_through(case, part.layers) for case in features.tokens.numpy()]))
    assert sum(isinstance(layer, nn.Linear) for layer in part.modules()) == depth
    every_parameter_learns(part, part(features))


@pytest.mark.parametrize("kind", [Linear, MLP])
def test_embeddings_instead_of_patches(rng, kind: type[Linear] | type[MLP]):
    features = embedded(rng)
    part = kind((EMBEDDING,), WIDTH, None, input="pooled").double()
    assert features.pooled is not None
    close(part(features), np.stack([each_through(case, part.layers) for case in features.pooled.numpy()]))
    assert part.token_counts() == {"embeddings": 2}


def test_a_token_sees_only_its_own_patch(rng):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = MLP((spec,), WIDTH, None).double()
    assert features.tokens is not None
    before = part(features).values
    features.tokens[:, 4] += 1
    changed = (part(features).values != before).any(dim=2)
    assert changed.tolist() == [[False, False, False, False, True, False]] * 2


def test_hidden_width_is_the_language_models_by_default():
    assert [tuple(p.shape) for p in gelu_mlp(4, 5, 3).parameters() if p.ndim == 2] == [(5, 4), (5, 5), (5, 5)]
    assert [tuple(p.shape) for p in gelu_mlp(4, 5, 2, 7).parameters() if p.ndim == 2] == [(7, 4), (5, 7)]


@pytest.mark.parametrize(
    ("sources", "options", "code"),
    [
        ((FeatureSpec(4),), {}, "no-patches"),
        ((FeatureSpec(4, GRID), FeatureSpec(4, GRID)), {}, "sources"),
        ((FeatureSpec(4, GRID),), {"input": "pooled"}, "no-pooled"),
        ((EMBEDDING, EMBEDDING), {"input": "pooled"}, "no-pooled"),
        ((FeatureSpec(4, GRID),), {"depth": 0}, "wrong-value"),
    ],
)
def test_what_does_not_fit_is_refused(sources, options, code):
    with pytest.raises(BadInput) as error:
        MLP(sources, WIDTH, None, **options)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("linear", {}, 768 * 3072 + 3072),
        ("linear", {"norm": True, "input": "pooled"}, 768 * 3072 + 3 * 3072),
        ("mlp", {}, 768 * 3072 + 3072 * 3072 + 2 * 3072),
    ],
)
def test_real_size_without_memory(name, options, parameters):
    with torch.device("meta"):
        spec = FeatureSpec(768, (8, 16, 16), slots=1)
        part: Projector = PROJECTORS[name]((spec,), 3072, None, **PROJECTORS.options(name, options, "projector"))
        seen = part(Features((8, 16, 16), tokens=torch.zeros(2, 2048, 768), pooled=torch.zeros(2, 1, 768)))
    assert sum(p.numel() for p in part.parameters()) == parameters
    assert seen.values.shape == (2, sum(part.token_counts().values()), 3072)
