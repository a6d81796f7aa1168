"""How often the labels of CT-RATE occur, alone and together, as a distribution over all their combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float64, Int64


@dataclass(frozen=True)
class Together:
    """P(``of`` | ``given``)."""

    of: str
    given: str
    probability: float


@dataclass(frozen=True)
class Prevalence:
    """What was counted, and the log-linear model that fits it.

    The model is the distribution of maximum entropy with the counted marginals, conditionals and number of findings:
    p(x) ∝ Π single[i]^x_i · Π pair[i, j]^(x_i x_j) · count[Σ x_i]. It is kept as factors and not as logarithms, so
    that multiplication alone rebuilds it, the same on every machine.

    Parameters
    ----------
    labels : label → share of scans.
    together : the conditionals.
    counts : share of scans with 0, 1, … findings, the last one with that many or more.
    single, pair, count : factors of the model, in the order of ``labels``, ``together`` and ``counts``.
    others : findings that are no label of CT-RATE's → share of scans.
    mass_alone, mass_beside : share of the scans with label "Lung nodule" that show a mass and no nodule, and both.
    lowest : no finding is rarer than this at any level.
    """

    labels: Mapping[str, float]
    together: tuple[Together, ...]
    counts: tuple[float, ...]
    single: tuple[float, ...]
    pair: tuple[float, ...]
    count: tuple[float, ...]
    others: Mapping[str, float]
    mass_alone: float
    mass_beside: float
    lowest: float


@cache
def prevalence() -> Prevalence:
    """The packaged table."""
    page = resources.files("ctscribe.data.phantom") / "prevalence.yaml"
    table = yaml.safe_load(page.read_text(encoding="utf-8"))
    tuples: dict[str, Any] = {name: tuple(table[name]) for name in ("counts", "single", "pair", "count")}
    tuples["together"] = tuple(Together(**entry) for entry in table["together"])
    return Prevalence(**{**table, **tuples})


def combinations(table: Prevalence) -> Float64[np.ndarray, " combinations"]:
    """Probability of every combination of labels; label i is in combination n when bit i of n is set."""
    names = list(table.labels)
    weights = np.ones(1)
    for factor in table.single:
        weights = np.concatenate([weights, weights * factor])
    numbers = np.arange(len(weights))
    for entry, factor in zip(table.together, table.pair, strict=True):
        both = 1 << names.index(entry.of) | 1 << names.index(entry.given)
        weights[numbers & both == both] *= factor
    weights *= np.array(table.count)[np.minimum(set_bits(numbers), len(table.count) - 1)]
    return weights / np.cumsum(weights)[-1]


def set_bits(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """How many labels a combination has."""
    return np.bitwise_count(numbers).astype(np.int64)
