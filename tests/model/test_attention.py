"""Attention and the block against their equations in numpy; what a mask hides cannot matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import attend, each_through
from projector_cases import gelu, layer_norm, linear
from torch import Tensor

from ctscribe.model.attention import Attention, Block, feed_forward


def drawn(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.normal(size=shape))


def close(found: Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("biased", [True, False])
def test_attention_to_itself_is_the_equation(rng: np.random.Generator, heads: int, biased: bool) -> None:
    part = Attention(6, heads, input_bias=biased, output_bias=biased).double()
    x = drawn(rng, 2, 5, 6)
    close(part(x), np.array([attend(case, case, part) for case in x.numpy()]))
    assert (part.query.bias is None) == (part.output.bias is None) == (not biased)


def test_attention_to_a_context_of_another_width(rng: np.random.Generator) -> None:
    part = Attention(6, 2, context_width=4).double()
    queries, context = drawn(rng, 2, 3, 6), drawn(rng, 2, 7, 4)
    expected = [attend(q, c, part) for q, c in zip(queries.numpy(), context.numpy(), strict=True)]
    close(part(queries, context), np.array(expected))


def test_a_masked_key_is_as_good_as_absent(rng: np.random.Generator) -> None:
    part = Attention(6, 2).double()
    queries, context = drawn(rng, 1, 3, 6), drawn(rng, 1, 4, 6)
    mask = torch.tensor([[True, False, True, True], [True, True, False, False], [False, False, False, True]])
    expected = [
        attend(queries[0, row : row + 1].numpy(), context[0, mask[row]].numpy(), part)[0] for row in range(len(mask))
    ]
    close(part(queries, context, mask[None]), np.array([expected]))
    changed = context.clone()
    changed[0, 1] += 10
    seen, then = part(queries, context, mask[None]), part(queries, changed, mask[None])
    assert torch.equal(seen[0, [0, 2]], then[0, [0, 2]])
    assert not torch.allclose(seen[0, 1], then[0, 1])


def test_one_mask_serves_every_case_and_query(rng: np.random.Generator) -> None:
    part = Attention(4, 2).double()
    x = drawn(rng, 3, 5, 4)
    mask = torch.tensor([True, True, False, True, False])
    close(part(x, mask=mask.expand(1, 1, 5)), part(x, mask=mask.expand(3, 5, 5)).detach().numpy())


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="4 heads do not divide a width of 6"):
        Attention(6, 4)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_a_block_is_the_equation(rng: np.random.Generator, activation) -> None:
    block = Block(6, 2, mlp_ratio=1.5, activation=activation).double()
    x = drawn(rng, 2, 4, 6)
    expected = []
    for case in x.numpy():
        normal = each_through(case, block.attention_norm)
        case = case + attend(normal, normal, block.attention)
        expected.append([token + two_layers(layer_norm(token, block.mlp_norm), block, activation) for token in case])
    close(block(x), np.array(expected))
    assert block.mlp[0].out_features == 9


def two_layers(token: np.ndarray, block: Block, activation: str) -> np.ndarray:
    hidden = linear(token, block.mlp[0])
    return linear(gelu(hidden) if activation == "gelu" else np.maximum(hidden, 0), block.mlp[3])


def test_dropout_acts_in_training_only(rng: np.random.Generator) -> None:
    layers = feed_forward(4, 64, 3, dropout=0.5).double()
    x = drawn(rng, 5, 4)
    assert torch.equal(layers.eval()(x), layers(x))
    assert layers(x).shape == (5, 3)
    assert not torch.allclose(layers.train()(x), layers(x))


def test_gradient_reaches_every_parameter(rng: np.random.Generator) -> None:
    block = Block(6, 2).double()
    x = drawn(rng, 2, 4, 6)
    (block(x) * drawn(rng, 2, 4, 6)).sum().backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        if name == "attention.key_value.bias":  # a bias of the keys moves all scores alike, which softmax cancels
            assert parameter.grad[:6].abs().max() < 1e-12
            assert parameter.grad[6:].abs().min() > 0
        else:
            assert parameter.grad.abs().max() > 1e-9, name


def test_the_meta_device() -> None:
    with torch.device("meta"):
        seen = Block(6, 2)(torch.empty(2, 4, 6))
    assert seen.is_meta
    assert seen.shape == (2, 4, 6)
