from __future__ import annotations

import numpy as np
import torch

from ctscribe.data.phantom.ladder.perceptron import HistogramPerceptron
from ctscribe.data.phantom.ladder.scores import aucs


def drawn(rng, cases: int) -> tuple[np.ndarray, np.ndarray]:
    features = rng.normal(size=(cases, 6)).astype(np.float32)
    return features, np.stack([features[:, 0] > 0.8, features[:, 1] * features[:, 2] > 0.5], axis=1)


def test_it_learns_what_can_be_learned_from_features(rng):
    network = HistogramPerceptron(drawn(rng, 600), drawn(rng, 200), seed=0)
    features, truth = drawn(rng, 300)
    linear, product = aucs(network(features), truth)
    assert linear > 0.97 and product > 0.85


def test_the_same_seed_gives_the_same_network_and_leaves_torch_alone(rng):
    train, validation = drawn(rng, 100), drawn(rng, 50)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first, again, other = (HistogramPerceptron(train, validation, seed)(validation[0]) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert torch.equal(torch.rand(1), expected)
