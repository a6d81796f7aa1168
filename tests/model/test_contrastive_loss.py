from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ctscribe.model.contrastive_loss import consistency_weight, info_nce, semantic_consistency

SCALE = torch.tensor(3.0, dtype=torch.float64)


def unit(rng: np.random.Generator, rows: int = 4, latent: int = 3) -> Tensor:
    return normalize(torch.from_numpy(rng.normal(size=(rows, latent))), dim=-1)


def info_nce_loops(images: np.ndarray, texts: np.ndarray, scale: float) -> float:
    """HSENet, Eq. 2, pair by pair."""
    total, count = 0.0, len(images)
    for i in range(count):
        own = math.exp(scale * sum(images[i] * texts[i]))
        total += math.log(own / sum(math.exp(scale * sum(images[i] * texts[k])) for k in range(count)))
        total += math.log(own / sum(math.exp(scale * sum(texts[i] * images[k])) for k in range(count)))
    return -total / (2 * count)


def test_info_nce_pair_by_pair(rng):
    images, texts = unit(rng), unit(rng)
    expected = info_nce_loops(images.numpy(), texts.numpy(), 3.0)
    assert info_nce(images, texts, SCALE).item() == pytest.approx(expected, abs=1e-5)


def test_info_nce_is_the_same_from_either_side(rng):
    images, texts = unit(rng), unit(rng)
    torch.testing.assert_close(info_nce(images, texts, SCALE), info_nce(texts, images, SCALE))


@pytest.mark.parametrize("batch", [2, 7])
def test_info_nce_of_embeddings_that_are_all_alike(batch):
    alike = torch.tensor([[0.6, 0.8]], dtype=torch.float64).expand(batch, -1)
    assert info_nce(alike, alike, SCALE).item() == pytest.approx(math.log(batch))


def test_info_nce_rewards_the_right_order():
    axes = torch.eye(4, dtype=torch.float64)
    assert info_nce(axes, axes, SCALE) < info_nce(axes, axes.roll(1, dims=0), SCALE)
    assert info_nce(axes, axes, 100 * SCALE).item() == pytest.approx(0, abs=1e-9)


def test_consistency_pair_by_pair(rng):
    before, after = (unit(rng), unit(rng)), (unit(rng), unit(rng))
    difference = np.zeros((4, 4))
    for i in range(4):
        for k in range(4):
            old, new = sum(before[0][i] * before[1][k]).item(), sum(after[0][i] * after[1][k]).item()
            difference[i, k] = (3 * old - 3 * new) ** 2
    diagonal = sum(difference[i, i] for i in range(4))  # Eq. 4
    assert semantic_consistency(before, after, SCALE).item() == pytest.approx(diagonal, abs=1e-5)
    assert semantic_consistency(before, after, SCALE, "matrix").item() == pytest.approx(difference.mean(), abs=1e-5)


@pytest.mark.parametrize("form", ["diagonal", "matrix"])
def test_consistency_is_zero_when_both_stages_agree(rng, form):
    pair = unit(rng), unit(rng)
    assert semantic_consistency(pair, pair, SCALE, form).item() == 0
    turn = torch.linalg.qr(torch.from_numpy(rng.normal(size=(3, 3)))).Q  # other vectors, same similarities
    turned = pair[0] @ turn, pair[1] @ turn
    assert semantic_consistency(pair, turned, SCALE, form).item() == pytest.approx(0, abs=1e-12)


def test_the_diagonal_ignores_other_pairs():
    axes = torch.eye(3, dtype=torch.float64)
    tilted = normalize(torch.tensor([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=torch.float64), dim=-1)
    matching = tilted, tilted  # the matching pairs stay at 1, others rise from 0
    assert semantic_consistency((axes, axes), matching, SCALE).item() == pytest.approx(0, abs=1e-12)
    assert semantic_consistency((axes, axes), matching, SCALE, "matrix").item() > 0.1


def test_only_the_later_stage_gets_a_gradient(rng):
    before, after = (unit(rng).requires_grad_(), unit(rng)), (unit(rng).requires_grad_(), unit(rng))
    scale = SCALE.clone().requires_grad_()
    semantic_consistency(before, after, scale).backward()
    assert before[0].grad is None and after[0].grad is not None
    slope = 2 * sum(
        3 * a.dot(b) * (a.dot(b)) - 3 * c.dot(d) * a.dot(b) for a, b, c, d in zip(*after, *before, strict=True)
    )
    torch.testing.assert_close(scale.grad, slope.detach())  # as if the earlier similarities were fixed numbers


def test_the_weight_falls_to_zero_and_stays_there():
    assert [consistency_weight(step) for step in (0, 2500, 5000, 9000)] == pytest.approx([0.1, 0.05, 0, 0])
    assert consistency_weight(5, initial=1, steps=10) == 0.5
