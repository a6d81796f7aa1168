"""Slow numpy forms of whole layers, token by token, for the tests of projectors with MLPs and attention."""

from __future__ import annotations

import numpy as np
from projector_cases import attention, gelu, layer_norm, linear
from torch import nn

from ctscribe.model.attention import Attention


def through(x: np.ndarray, layers: nn.Module) -> np.ndarray:
    """One vector through a linear layer, a LayerNorm, a GELU, or several of them."""
    if isinstance(layers, nn.Sequential):
        for layer in layers:
            x = through(x, layer)
        return x
    if isinstance(layers, nn.Linear):
        return linear(x, layers)
    if isinstance(layers, nn.LayerNorm):
        return layer_norm(x, layers)
    if isinstance(layers, nn.GELU):
        return gelu(x)
    assert isinstance(layers, nn.Dropout) and layers.p == 0, layers
    return x


def each_through(tokens: np.ndarray, layers: nn.Module) -> np.ndarray:
    """Every vector of (tokens, channels) by itself."""
    return np.array([through(token, layers) for token in tokens])


def attend(queries: np.ndarray, context: np.ndarray, part: Attention) -> np.ndarray:
    """Multi-head attention of (queries, width) to (keys, channels), query by query."""
    projected = each_through(context, part.key_value)
    keys, values = list(projected[:, : queries.shape[1]]), list(projected[:, queries.shape[1] :])
    seen = [attention(linear(query, part.query), keys, values, part.heads) for query in queries]
    return each_through(np.array(seen), part.output)
