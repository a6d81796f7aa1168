from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import attention, close, every_parameter_learns, layer_norm, linear

from ctscribe.errors import BadInput
from ctscribe.model.attention import Block
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.prefix import Prefix
from ctscribe.model.projectors.projector import PROJECTORS

EMBEDDING, LOGITS = FeatureSpec(channels=6, slots=1), FeatureSpec(channels=3, slots=1)
WIDTH = 8
LLAMA_WIDTH = 2048  # LLaMA-3.2-1B


@pytest.fixture
def sources(rng: np.random.Generator) -> tuple[Features, Features]:
    return tuple(Features(pooled=torch.from_numpy(rng.normal(size=(2, 1, channels)))) for channels in (6, 3))


def prefix(**options: int | str) -> Prefix:
    torch.manual_seed(3)
    small = {"length": 3, "layers": 2, "heads": 2} | options
    return Prefix((EMBEDDING, LOGITS), WIDTH, None, **PROJECTORS.options("prefix", small, "here")).double()


def block(part: Block, x: list[np.ndarray], heads: int) -> list[np.ndarray]:
    """x + MHA(LN(x)), then x + MLP(LN(x)) with ReLU, token by token."""
    normal = [layer_norm(token, part.attention_norm) for token in x]
    queries = [linear(token, part.attention.query) for token in normal]
    pairs = [linear(token, part.attention.key_value) for token in normal]
    keys, values = [pair[:WIDTH] for pair in pairs], [pair[WIDTH:] for pair in pairs]
    out = []
    for token, query in zip(x, queries, strict=True):
        token = token + linear(attention(query, keys, values, heads), part.attention.output)
        hidden = np.maximum(linear(layer_norm(token, part.mlp_norm), part.mlp[0]), 0)
        out.append(token + linear(hidden, part.mlp[3]))
    return out


def test_equals_the_mapper_token_by_token(sources: tuple[Features, Features]) -> None:
    part = prefix()
    assert part.transformer is not None
    references = []
    for case in range(2):
        u = np.concatenate([source.pooled[case, 0].numpy() for source in sources if source.pooled is not None])
        tokens = list(linear(u, part.structured).reshape(3, WIDTH)) + list(part.transformer.constants.detach().numpy())
        for layer in part.transformer.blocks:
            assert isinstance(layer, Block)
            tokens = block(layer, tokens, heads=2)
        references.append(tokens[3:])
    close(part(*sources), np.array(references))


def test_linear_mapper_is_one_layer(sources: tuple[Features, Features]) -> None:
    part = prefix(mapper="linear")
    u = np.concatenate([source.pooled[1, 0].numpy() for source in sources if source.pooled is not None])
    close(part(*sources).values[1], linear(u, part.structured).reshape(3, WIDTH))
    assert sum(parameter.numel() for parameter in part.parameters()) == 9 * 24 + 24


@pytest.mark.parametrize("mapper", ["transformer", "linear"])
def test_logits_change_the_prefix(sources: tuple[Features, Features], mapper: str) -> None:
    part = prefix(mapper=mapper)
    embedding, logits = sources
    assert logits.pooled is not None
    other = logits.pooled.clone()
    other[1, 0, 2] += 1.0
    differs = (part(embedding, logits).values - part(embedding, Features(pooled=other)).values).abs().amax(dim=(1, 2))
    assert differs[0] == 0 and differs[1] > 1e-3


@pytest.mark.parametrize("length", [2, 5, 7, 10, 14])
def test_length_is_the_number_of_tokens(sources: tuple[Features, Features], length: int) -> None:
    part = prefix(length=length)
    tokens = part(*sources)
    assert tokens.values.shape == (2, length, WIDTH) and tokens.valid.all()
    assert part.token_counts() == {"prefix": length}


@pytest.mark.parametrize(
    ("channels", "options", "count"),
    [
        ((512,), {}, 279_093_248),  # V-2, published as 279.09M
        ((512, 18), {}, 279_461_888),  # V-3, published as 279.46M
        ((512,), {"mapper": "linear", "length": 1}, 1_050_624),  # Tab. 8, "linear", 1.05M
        ((512,), {"mapper": "linear"}, 10_506_240),  # Tab. 8, "linear+prefix", 1.05M×10
    ],
)
def test_published_parameter_counts(channels: tuple[int, ...], options: dict, count: int) -> None:
    sources = tuple(FeatureSpec(channels=size, slots=1) for size in channels)
    with torch.device("meta"):
        part = Prefix(sources, LLAMA_WIDTH, None, **options)
        tokens = part(*(Features(pooled=torch.zeros(1, 1, size)) for size in channels))
    assert sum(parameter.numel() for parameter in part.parameters()) == count
    assert tokens.values.shape == (1, part.length, LLAMA_WIDTH) and tokens.values.is_meta


@pytest.mark.parametrize("mapper", ["transformer", "linear"])
def test_gradient_reaches_every_parameter(sources: tuple[Features, Features], mapper: str) -> None:
    part = prefix(mapper=mapper)
    every_parameter_learns(part, part(*sources))


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (FeatureSpec(768, (8, 16, 16)), {}, "no-embedding"),
        (FeatureSpec(768, slots=32), {}, "no-embedding"),
        (EMBEDDING, {"heads": 3}, "heads"),
        (EMBEDDING, {"length": 0}, "wrong-value"),
    ],
)
def test_what_does_not_fit_is_refused(source: FeatureSpec, options: dict, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Prefix((source,), WIDTH, None, **options)
    assert refusal.value.code == code
