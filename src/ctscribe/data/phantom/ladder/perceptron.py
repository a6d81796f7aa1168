"""A small network from a scan's histograms to its findings."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import nn
from torch.nn import functional

WIDTH, DROPOUT = 128, 0.3
EPOCHS, PATIENCE, BATCH = 200, 20, 64
RATE, DECAY = 1e-3, 1e-3

Features = Float32[np.ndarray, "_ features"]
Truth = Bool[np.ndarray, "_ findings"]


class HistogramPerceptron:
    """One hidden layer, class-weighted cross-entropy, stopped when the validation loss has not fallen for a while."""

    def __init__(self, train: tuple[Features, Truth], validation: tuple[Features, Truth], seed: int) -> None:
        features, truth = train
        self.mean, self.spread = features.mean(axis=0), features.std(axis=0) + 1e-4
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            self.network = nn.Sequential(
                nn.Linear(features.shape[1], WIDTH), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(WIDTH, truth.shape[1])
            )
            self._fit((self._standard(features), torch.from_numpy(truth).float()), validation)

    def __call__(self, features: Features) -> Float[np.ndarray, "_ findings"]:
        """Logits of every finding."""
        with torch.no_grad():
            return self.network.eval()(self._standard(features)).numpy().astype(np.float64)

    def _standard(self, features: Features) -> torch.Tensor:
        return torch.from_numpy((features - self.mean) / self.spread).float().clamp(-5, 5)

    def _fit(self, train: tuple[torch.Tensor, torch.Tensor], validation: tuple[Features, Truth]) -> None:
        features, truth = train
        weight = ((len(truth) - truth.sum(0)) / truth.sum(0).clamp(min=1)).clamp(max=20)
        seen, known = self._standard(validation[0]), torch.from_numpy(validation[1]).float()
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=RATE, weight_decay=DECAY)
        best, kept, waited = float("inf"), self.network.state_dict(), 0
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(truth)).split(BATCH):
                logits = self.network.train()(features[rows])
                loss = functional.binary_cross_entropy_with_logits(logits, truth[rows], pos_weight=weight)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            with torch.no_grad():
                logits = self.network.eval()(seen)
                now = float(functional.binary_cross_entropy_with_logits(logits, known, pos_weight=weight))
            waited = waited + 1 if now >= best else 0
            if now < best:
                best, kept = now, {name: tensor.clone() for name, tensor in self.network.state_dict().items()}
            if waited > PATIENCE:
                break
        self.network.load_state_dict(kept)
