"""F1 and AUC of yes-or-no findings."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

EASY = ("Cardiomegaly", "Pericardial effusion", "Pleural effusion")
"""Findings that coarse features saturate on; means are given without them too."""


def f1_scores(
    predicted: Bool[np.ndarray, "cases findings"], truth: Bool[np.ndarray, "cases findings"]
) -> Float[np.ndarray, " findings"]:
    """2·TP / (2·TP + FP + FN) of every finding; not a number where neither has any."""
    hits = (predicted & truth).sum(axis=0)
    both = predicted.sum(axis=0) + truth.sum(axis=0)
    return np.where(both > 0, 2 * hits / np.maximum(both, 1), np.nan)


def aucs(
    scores: Float[np.ndarray, "cases findings"], truth: Bool[np.ndarray, "cases findings"]
) -> Float[np.ndarray, " findings"]:
    """Probability that a positive case scores above a negative one, ties half; not a number without both."""
    ranks = stats.rankdata(scores, axis=0)
    positives = truth.sum(axis=0)
    negatives = len(truth) - positives
    wins = (ranks * truth).sum(axis=0) - positives * (positives + 1) / 2
    return np.where((positives > 0) & (negatives > 0), wins / np.maximum(positives * negatives, 1), np.nan)


def best_thresholds(
    scores: Float[np.ndarray, "cases findings"], truth: Bool[np.ndarray, "cases findings"]
) -> Float[np.ndarray, " findings"]:
    """The score above which saying yes gives every finding its best F1."""
    chosen = np.full(scores.shape[1], np.inf)
    for k in range(scores.shape[1]):
        order = np.argsort(-scores[:, k], kind="stable")
        hits = np.cumsum(truth[order, k])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(int(truth[:, k].sum()), 1))
        # The lowest score that is still yes; ties with it are yes as well, so only the last of equals counts.
        sorted_scores = scores[order, k]
        last = np.append(sorted_scores[1:] != sorted_scores[:-1], True)
        best = int(np.where(last, f1, -1).argmax())
        chosen[k] = sorted_scores[best]
    return chosen
