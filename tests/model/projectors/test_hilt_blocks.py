from __future__ import annotations

import numpy as np
import torch
from layer_references import attend, each_through
from projector_cases import attention, close

from ctscribe.model.projectors.hilt_blocks import InformingAttention, InformingBlock, InformingBlocks

WIDTH, HEADS = 4, 2


def inform(low: np.ndarray, high: np.ndarray, part: InformingAttention) -> np.ndarray:
    """Query by query: output(q + softmax(q kᵀ / √d) v)."""
    projected = each_through(high, part.key_value)
    keys, values = list(projected[:, :WIDTH]), list(projected[:, WIDTH:])
    queries = each_through(low, part.query)
    informed = [query + attention(query, keys, values, HEADS) for query in queries]
    return each_through(np.array(informed), part.output)


def test_both_blocks_step_by_step(rng):
    low, high = rng.normal(size=(2, 3, WIDTH)), rng.normal(size=(2, 5, WIDTH))
    part = InformingBlocks(WIDTH, 2, HEADS, 6).double()
    cases = []
    for lows, highs in zip(low, high, strict=True):
        for block in part.blocks:
            assert isinstance(block, InformingBlock)
            lows, highs = each_through(lows, block.attention_norm), each_through(highs, block.attention_norm)
            lows, highs = attend(lows, lows, block.low_attention), attend(highs, highs, block.high_attention)
            lows = inform(lows, highs, block.informing)
            lows = lows + each_through(each_through(lows, block.mlp_norm), block.mlp)
            highs = highs + each_through(each_through(highs, block.mlp_norm), block.mlp)
        cases.append(each_through(lows, part.norm))
    seen = part(torch.from_numpy(low), torch.from_numpy(high))
    close(seen, np.stack(cases))
    (seen * torch.linspace(-1, 1, seen.numel(), dtype=seen.dtype).reshape(seen.shape)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())


def test_attention_to_nothing_keeps_the_query(rng):
    part = InformingAttention(WIDTH, HEADS).double()
    torch.nn.init.zeros_(part.key_value.weight)
    low = torch.from_numpy(rng.normal(size=(1, 3, WIDTH)))
    kept = part.output(part.query(low))
    torch.testing.assert_close(part(low, torch.from_numpy(rng.normal(size=(1, 5, WIDTH)))), kept)
