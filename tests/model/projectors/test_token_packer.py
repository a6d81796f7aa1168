from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import attention, close, every_parameter_learns, layer_norm, linear, mlp, patch_features
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.projector import PROJECTORS
from ctscribe.model.projectors.token_packer import TokenPacker

GRID, CHANNELS, WIDTH, HIDDEN, HEADS = (2, 4, 6), 3, 5, 8, 2
LAYERS = (2, 4)


def packer(spec: FeatureSpec, stride: tuple[int, int, int] = (2, 2, 2)) -> TokenPacker:
    torch.manual_seed(3)
    return TokenPacker((spec,), WIDTH, None, hidden=HIDDEN, heads=HEADS, stride=stride).double()


def projected(x: np.ndarray, layers: nn.Sequential) -> np.ndarray:
    first = linear(x, layers[0]) if isinstance(layers[0], nn.Linear) else mlp(x, layers[0])
    return linear(layer_norm(first, layers[1]), layers[2])


def reference(part: TokenPacker, tokens: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Cell by cell; trilinear interpolation to half the size is the mean of the eight patches of a cell."""
    packed = []
    for z in range(0, GRID[0], 2):
        for y in range(0, GRID[1], 2):
            for x in range(0, GRID[2], 2):
                inside = [((z + i) * GRID[1] + y + j) * GRID[2] + x + k for i in (0, 1) for j in (0, 1) for k in (0, 1)]
                query = projected(sum(tokens[n] for n in inside) / 8, part.query)
                keys = [projected(levels[n], part.key) for n in inside]
                values = [projected(levels[n], part.value) for n in inside]
                packed.append(mlp(linear(attention(query, keys, values, HEADS), part.output), part.mlp))
    return np.array(packed)


def test_equals_the_equation_cell_by_cell(rng: np.random.Generator) -> None:
    spec, features = patch_features(rng, GRID, CHANNELS, layers=LAYERS)
    part = packer(spec)
    assert features.tokens is not None
    levels = np.concatenate([features.layers[number].numpy() for number in LAYERS], axis=2)
    cases = zip(features.tokens.numpy(), levels, strict=True)
    close(part(features), np.stack([reference(part, tokens, level) for tokens, level in cases]))


def test_tokens_serve_where_a_source_has_no_layers(rng: np.random.Generator) -> None:
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = packer(spec)
    assert features.tokens is not None
    close(part(features), np.stack([reference(part, case, case) for case in features.tokens.numpy()]))


def test_a_query_takes_detail_from_its_own_cell_only(rng: np.random.Generator) -> None:
    spec, features = patch_features(rng, GRID, CHANNELS, layers=LAYERS)
    part = packer(spec)
    changed = {number: layer.clone() for number, layer in features.layers.items()}
    changed[4][:, 1 * 24 + 2 * 6 + 5] += 1.0  # patch (1, 2, 5): the last of the six cells
    after = part(Features(grid=GRID, tokens=features.tokens, layers=changed)).values
    assert (part(features).values != after).any(dim=2)[0].tolist() == [False] * 5 + [True]


def test_a_stride_may_differ_by_axis(rng: np.random.Generator) -> None:
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = packer(spec, (1, 2, 3))
    assert part(features).values.shape == (2, 8, WIDTH)
    assert part.token_counts() == {"points": 8}


def test_256_tokens_from_four_layers_of_768_channels() -> None:
    source = FeatureSpec(channels=768, grid=(8, 16, 16), layers=(3, 6, 9, 12))
    with torch.device("meta"):
        part = TokenPacker((source,), 3072, None, **PROJECTORS.options("token_packer", {}, "here"))
        layer = torch.zeros(1, 2048, 768)
        tokens = part(Features(grid=(8, 16, 16), tokens=layer, layers=dict.fromkeys(source.layers, layer)))
    assert tokens.values.shape == (1, 256, 3072)
    assert part.token_counts() == {"points": 256}
    assert part.key[0][0].in_features == 3072


def test_gradient_reaches_every_parameter(rng: np.random.Generator) -> None:
    spec, features = patch_features(rng, GRID, CHANNELS, layers=LAYERS)
    part = packer(spec)
    every_parameter_learns(part, part(features), but=("key.1.bias", "key.2.bias"))  # the softmax takes no shift of keys


@pytest.mark.parametrize(
    ("options", "code"), [({"stride": (2, 3, 2)}, "grid"), ({"stride": (0, 2, 2)}, "grid"), ({"heads": 3}, "heads")]
)
def test_what_does_not_fit_is_refused(options: dict, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        TokenPacker((FeatureSpec(CHANNELS, GRID),), WIDTH, None, **options)
    assert refusal.value.code == code
