from __future__ import annotations

import numpy as np
import pytest

from ctscribe.data.phantom.ladder.scores import aucs, best_thresholds, f1_scores


@pytest.fixture
def scored(rng) -> tuple[np.ndarray, np.ndarray]:
    truth = rng.random((60, 4)) < [0.1, 0.3, 0.5, 0.8]
    return np.round(rng.normal(size=(60, 4)) + truth, 1), truth  # rounded, so that there are ties


def slow_f1(predicted, truth) -> float:
    hits = sum(p and t for p, t in zip(predicted, truth, strict=True))
    precision, recall = hits / max(sum(predicted), 1), hits / max(sum(truth), 1)
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def test_f1_against_precision_and_recall(scored):
    scores, truth = scored
    found = f1_scores(scores > 0.5, truth)
    assert found == pytest.approx([slow_f1(scores[:, k] > 0.5, truth[:, k]) for k in range(4)])


def test_f1_of_a_finding_that_nobody_has_or_says_is_no_number():
    nothing = np.zeros((5, 1), bool)
    assert np.isnan(f1_scores(nothing, nothing)[0])


def test_auc_against_all_pairs(scored):
    scores, truth = scored
    for k, auc in enumerate(aucs(scores, truth)):
        pairs = [
            1.0 if high > low else 0.5 if high == low else 0.0
            for high in scores[truth[:, k], k]
            for low in scores[~truth[:, k], k]
        ]
        assert auc == pytest.approx(np.mean(pairs))


def test_auc_without_a_negative_is_no_number():
    assert np.isnan(aucs(np.arange(3.0)[:, None], np.ones((3, 1), bool))[0])


def test_no_threshold_does_better(scored):
    scores, truth = scored
    for k, threshold in enumerate(best_thresholds(scores, truth)):
        chosen = slow_f1(scores[:, k] >= threshold, truth[:, k])
        assert chosen == max(slow_f1(scores[:, k] >= other, truth[:, k]) for other in scores[:, k])
