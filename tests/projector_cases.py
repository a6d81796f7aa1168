"""Random features for the projectors' tests, and slow numpy forms of the layers that they are made of."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from ctscribe.model.features import Features, FeatureSpec, Grid, Tokens
from ctscribe.model.projectors.projector import Projector


def patch_features(
    rng: np.random.Generator, grid: Grid, channels: int, *, batch: int = 2, layers: tuple[int, ...] = ()
) -> tuple[FeatureSpec, Features]:
    """Float64 patch tokens and hidden layers of a batch, and what an encoder says of them beforehand."""
    count = math.prod(grid)

    def tokens() -> Tensor:
        return torch.from_numpy(rng.normal(size=(batch, count, channels)))

    spec = FeatureSpec(channels=channels, grid=grid, layers=layers)
    return spec, Features(grid=grid, tokens=tokens(), layers={number: tokens() for number in layers})


def close(tokens: Tokens | Tensor, reference: np.ndarray) -> None:
    values = tokens.values if isinstance(tokens, Tokens) else tokens
    np.testing.assert_allclose(values.detach().numpy(), reference, rtol=0, atol=1e-5)


def linear(x: np.ndarray, layer: nn.Module) -> np.ndarray:
    assert isinstance(layer, nn.Linear)
    weight = layer.weight.detach().numpy()
    y = np.zeros(weight.shape[0])
    for row in range(weight.shape[0]):
        for column in range(weight.shape[1]):
            y[row] += weight[row, column] * x[column]
    return y if layer.bias is None else y + layer.bias.detach().numpy()


def layer_norm(x: np.ndarray, layer: nn.Module) -> np.ndarray:
    assert isinstance(layer, nn.LayerNorm)
    normal = (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean() + layer.eps)
    return normal * layer.weight.detach().numpy() + layer.bias.detach().numpy()


def gelu(x: np.ndarray) -> np.ndarray:
    return np.array([0.5 * value * (1 + math.erf(value / math.sqrt(2))) for value in x])


def mlp(x: np.ndarray, layers: nn.Module) -> np.ndarray:
    """Linear, GELU, linear."""
    assert isinstance(layers, nn.Sequential)
    return linear(gelu(linear(x, layers[0])), layers[3])


def attention(q: np.ndarray, keys: list[np.ndarray], values: list[np.ndarray], heads: int) -> np.ndarray:
    """softmax(q kᵀ / √d_head) v of one query, head by head."""
    size = len(q) // heads
    out = np.zeros(len(q))
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        scores = np.array([float(q[part] @ key[part]) for key in keys]) / math.sqrt(size)
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        for weight, value in zip(weights, values, strict=True):
            out[part] += weight * value[part]
    return out


def every_parameter_learns(projector: Projector, tokens: Tokens, *, but: tuple[str, ...] = ()) -> None:
    """The gradient of the valid tokens reaches every parameter, ``but`` those that cannot change them."""
    seen = tokens.values[tokens.valid]
    (seen * torch.linspace(-1, 1, seen.numel(), dtype=seen.dtype).reshape(seen.shape)).sum().backward()
    for name, parameter in projector.named_parameters():
        assert parameter.grad is not None, name
        assert (parameter.grad.abs().max() > 1e-9) != (name in but), name
