"""Which kinds of finding a phantom has."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float64

from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.prevalence import combinations, prevalence

NODULE_OR_MASS = "nodule_or_mass"
"""CT-RATE's label "Lung nodule", which either of two kinds makes positive."""


def draw_plan(rng: np.random.Generator, level: Level) -> frozenset[str]:
    """Kinds of ``FINDING_KINDS`` for one case.

    CT-RATE's 18 labels come together as they do there: the 18 prevalences, the published conditionals and the number
    of findings a scan all hold at once (``Prevalence``). The other kinds come on their own. ``level.findings`` then
    makes each finding rarer, by leaving it out at random, or more frequent, by adding it at random; at 1 nothing is
    changed. None is rarer than ``prevalence().lowest``, so that a thousand cases show every kind often enough to be
    learned.
    """
    labelled = int(np.searchsorted(_cumulated(), rng.random(), side="right"))
    names, others = list(prevalence().labels), prevalence().others
    drawn = {name for bit, name in enumerate(names) if labelled >> bit & 1}
    drawn |= {
        name for name, chance in zip(others, rng.random(len(others)).tolist(), strict=True) if chance < others[name]
    }
    kept, added = _changes(level.findings)
    chances = zip([*names, *others], rng.random(len(names) + len(others)).tolist(), strict=True)
    planned = {name for name, chance in chances if chance < (kept if name in drawn else added)[name]}
    return frozenset(_told_apart(planned, rng.random()))


@cache
def _cumulated() -> Float64[np.ndarray, " combinations"]:
    return np.cumsum(combinations(prevalence()))


@cache
def _changes(factor: float) -> tuple[dict[str, float], dict[str, float]]:
    """How likely a drawn finding stays and an absent one is added, so that the wanted share of cases has it."""
    shares = {**prevalence().labels, **prevalence().others}
    wanted = {name: min(max(share * factor, prevalence().lowest), 1.0) for name, share in shares.items()}
    kept = {name: wanted[name] / share for name, share in shares.items()}
    return kept, {name: (wanted[name] - share) / (1 - share) for name, share in shares.items()}


def _told_apart(planned: set[str], chance: float) -> set[str]:
    """A nodule, a mass, or both where the label of both is planned."""
    if NODULE_OR_MASS not in planned:
        return planned
    alone, beside = prevalence().mass_alone, prevalence().mass_beside
    shown = {"mass"} if chance < alone else {"mass", "nodule"} if chance < alone + beside else {"nodule"}
    return planned - {NODULE_OR_MASS} | shown
