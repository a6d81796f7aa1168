"""Fit the phantom's log-linear model of co-occurrence and print its factors for data/phantom/prevalence.yaml.

Iterative proportional fitting over all 2^18 combinations of labels: every counted share in turn is made to hold, until
all of them do.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float64

from ctscribe.data.phantom.prevalence import Prevalence, combinations, prevalence, set_bits

CLOSE = 1e-6


def fitted(table: Prevalence) -> Prevalence:
    """The table with the factors of the model that holds its shares to ``CLOSE``."""
    labels = list(table.labels)
    shares = [*table.labels.values(), *(table.labels[one.given] * one.probability for one in table.together)]
    start = replace(
        table, single=(1.0,) * len(labels), pair=(1.0,) * len(table.together), count=(1.0,) * len(table.counts)
    )
    weights = combinations(start)
    numbers = np.arange(len(weights))
    members = [1 << bit for bit in range(len(labels))]
    members += [1 << labels.index(one.of) | 1 << labels.index(one.given) for one in table.together]
    chosen = [numbers & bits == bits for bits in members]
    counts = np.minimum(set_bits(numbers), len(table.counts) - 1)
    factors, by_count = np.ones(len(shares)), np.ones(len(table.counts))
    error = 1.0
    while error > CLOSE:
        error = 0.0
        for index, (inside, share) in enumerate(zip(chosen, shares, strict=True)):
            ratio, off = _odds_ratio(weights, inside, share)
            error = max(error, off)
            weights[inside] *= ratio
            weights /= weights.sum()
            factors[index] *= ratio
        held = np.bincount(counts, weights, len(table.counts))
        error = max(error, float(np.abs(held - table.counts).max()))
        weights *= (np.array(table.counts) / held)[counts]
        by_count *= np.array(table.counts) / held
    return replace(
        table,
        single=tuple(factors[: len(labels)].tolist()),
        pair=tuple(factors[len(labels) :].tolist()),
        count=tuple((by_count / by_count[0]).tolist()),
    )


def _odds_ratio(
    weights: Float64[np.ndarray, " n"], inside: Bool[np.ndarray, " n"], share: float
) -> tuple[float, float]:
    """By what the odds of a share must grow, and how far off it is."""
    held = float(weights[inside].sum())
    return share / held * (1 - held) / (1 - share), abs(held - share)


if __name__ == "__main__":
    model = fitted(prevalence())
    for name in ("single", "pair", "count"):
        values = ", ".join(f"{value:.6g}" for value in getattr(model, name))
        sys.stdout.write(f"{name}: [{values}]\n")
