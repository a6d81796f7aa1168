"""Dividing cases into splits so that no patient is in two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float64

from ctscribe.data.record import Split


def divided(patients: Sequence[str], fractions: Mapping[Split, float], *, seed: int) -> list[Split]:
    """The split of each case, drawn by patient; the same for every order of the cases.

    Parameters
    ----------
    patients : of each case.
    fractions : of the cases, for each split; they add up to 1.
    """
    unmarked = np.zeros((len(patients), 0), dtype=bool)
    return stratified(patients, unmarked, fractions, seed=seed)


def stratified(
    patients: Sequence[str], marks: Bool[np.ndarray, "cases marks"], fractions: Mapping[Split, float], *, seed: int
) -> list[Split]:
    """The split of each case, so that every mark is divided by the fractions; no patient is in two splits.

    Iterative stratification (Sechidis et al., ECML PKDD 2011) over patients: the rarest mark among those not yet
    placed goes first, and each of its patients to the split that lacks most of it.

    Parameters
    ----------
    patients : of each case.
    marks : what each case shows, such as entities named in its report.
    fractions : of the cases, for each split; they add up to 1.
    """
    # Patients are sorted before they are shuffled, so that the rows' order does not matter.
    names, of_case = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    totals = np.zeros((len(names), marks.shape[1] + 1))
    np.add.at(totals, of_case, np.column_stack([marks, np.ones(len(patients))]))
    placed = _placed(totals, np.array(list(fractions.values())), np.random.default_rng(seed))
    splits: list[Split] = list(fractions)
    return [splits[placed[patient]] for patient in of_case]


def _placed(
    totals: Float64[np.ndarray, "patients marks"], fractions: Float64[np.ndarray, " splits"], rng: np.random.Generator
) -> list[int]:
    """The split of each patient. The last column counts cases, which every patient has."""
    wanted = fractions[:, None] * totals.sum(axis=0)
    placed = np.full(len(totals), -1)
    order = rng.permutation(len(totals))
    for mark in _rarest_first(totals):
        for patient in order[(placed[order] < 0) & (totals[order, mark] > 0)]:
            lack = list(zip(wanted[:, mark], wanted[:, -1], strict=True))
            split = max(range(len(fractions)), key=lambda one: lack[one])
            placed[patient] = split
            wanted[split] -= totals[patient]
    return placed.tolist()


def _rarest_first(totals: Float64[np.ndarray, "patients marks"]) -> list[int]:
    """Marks in the order of what is left of them once the patients of the rarer ones are placed; cases come last."""
    left = totals[:, :-1] > 0
    order: list[int] = []
    while len(order) < left.shape[1]:
        rarest = min((mark for mark in range(left.shape[1]) if mark not in order), key=lambda mark: left[:, mark].sum())
        order.append(rarest)
        left[left[:, rarest]] = False
    return [*order, totals.shape[1] - 1]
