from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from layer_references import each_through
from projector_cases import close, every_parameter_learns, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.hilt import Hilt
from ctscribe.model.projectors.projector import PROJECTORS

LOW, HIGH, CHANNELS, WIDTH = (1, 2, 2), (2, 2, 3), 4, 5
FORMS = [{"form": "eq3"}, {"form": "eq3", "scale": True}, {"form": "blocks"}]


def sources(rng: np.random.Generator) -> tuple[tuple[FeatureSpec, FeatureSpec], tuple[Features, Features]]:
    low, high = patch_features(rng, LOW, CHANNELS), patch_features(rng, HIGH, CHANNELS)
    return (low[0], high[0]), (low[1], high[1])


def hilt(specs: tuple[FeatureSpec, ...], **options) -> Hilt:
    torch.manual_seed(3)
    return Hilt(specs, WIDTH, None, heads=2, mlp_hidden=6, **options).double()


def equation_3(low: np.ndarray, high: np.ndarray, scale: float) -> np.ndarray:
    """Q + softmax(QKᵀ · scale) V, number by number."""
    informed = low.copy()
    for i in range(len(low)):
        similarity = [math.exp(scale * sum(low[i] * high[j])) for j in range(len(high))]
        for j in range(len(high)):
            informed[i] += similarity[j] / sum(similarity) * high[j]
    return informed


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_equation_3(rng, scale, depth):
    specs, (low, high) = sources(rng)
    part = hilt(specs, scale=scale, depth=depth)
    assert low.tokens is not None and high.tokens is not None
    cases = [
        each_through(equation_3(q, kv, 1 / math.sqrt(CHANNELS) if scale else 1.0), part.layers)
        for q, kv in zip(low.tokens.numpy(), high.tokens.numpy(), strict=True)
    ]
    close(part(low, high), np.stack(cases))
    every_parameter_learns(part, part(low, high))


@pytest.mark.parametrize("options", FORMS)
def test_the_order_of_high_resolution_tokens_does_not_matter(rng, options):
    specs, (low, high) = sources(rng)
    part = hilt(specs, **options)
    assert low.tokens is not None and high.tokens is not None
    order = torch.randperm(12, generator=torch.Generator().manual_seed(5))
    before = part(low, high).values
    torch.testing.assert_close(part(low, Features(HIGH, tokens=high.tokens[:, order])).values, before)
    torch.testing.assert_close(part(Features(LOW, tokens=low.tokens.flip(1)), high).values, before.flip(1))


@pytest.mark.parametrize("options", FORMS)
def test_high_resolution_detail_reaches_every_token(rng, options):
    specs, (low, high) = sources(rng)
    part = hilt(specs, **options)
    assert high.tokens is not None
    before = part(low, high).values
    high.tokens[:, 7] *= -2
    assert ((part(low, high).values - before).abs().amax(dim=2) > 1e-9).all()


@pytest.mark.parametrize("options", FORMS)
@pytest.mark.parametrize("grid", [(8, 8, 8), (16, 16, 16)])
def test_64_tokens_whatever_the_high_resolution(options, grid):
    with torch.device("meta"):
        low, high = FeatureSpec(768, (4, 4, 4)), FeatureSpec(768, grid)
        checked = PROJECTORS.options("hilt", options, "projector")
        part = PROJECTORS["hilt"]((low, high), 4096, None, **checked)
        given = [Features(spec.grid, tokens=torch.zeros(1, spec.tokens, 768)) for spec in (low, high)]
        seen = part(*given)
    assert part.token_counts() == {"low": 64}
    assert seen.values.shape == (1, 64, 4096)


def test_what_does_not_fit_is_refused():
    spec = FeatureSpec(CHANNELS, LOW)
    with pytest.raises(BadInput, match="needs two sources, and the stream names 1"):
        Hilt((spec,), WIDTH, None)
    with pytest.raises(BadInput, match="differ in width, 4 and 5"):
        Hilt((spec, FeatureSpec(5, HIGH)), WIDTH, None)
    with pytest.raises(BadInput, match="no patch tokens"):
        Hilt((spec, FeatureSpec(CHANNELS)), WIDTH, None)
    with pytest.raises(BadInput, match="3 heads do not divide"):
        Hilt((spec, spec), WIDTH, None, form="blocks", heads=3)
