"""The rungs, from knowing nothing of the scan to its histograms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32

from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.ct.readers import read_volume
from ctscribe.data.index import Index
from ctscribe.data.phantom.ladder.histograms import region_histograms
from ctscribe.data.phantom.ladder.perceptron import HistogramPerceptron
from ctscribe.data.phantom.ladder.scores import EASY, aucs, best_thresholds, f1_scores
from ctscribe.data.record import Split
from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS

Truth = Bool[np.ndarray, "cases findings"]


@dataclass(frozen=True)
class Rung:
    """One baseline on the test split.

    Parameters
    ----------
    macro_f1 : mean over the findings that the test split has.
    macro_f1_hard : the same without the findings that coarse features saturate on.
    macro_auc : ``None`` for a baseline that gives no scores.
    f1, auc : of every finding.
    """

    name: str
    macro_f1: float
    macro_f1_hard: float
    macro_auc: float | None
    f1: dict[str, float]
    auc: dict[str, float]


def climb(
    index: Index, *, masks: str = "", seed: int = 0, announce: Callable[[str], None] = lambda stage: None
) -> tuple[Rung, ...]:
    """Every baseline on a phantom data set.

    Parameters
    ----------
    masks : a degraded label map to look through (``holes``, ``shifted``, ``atlas``) instead of the true one.

    Raises
    ------
    BadInput : a split is missing, or the index has no labels.
    """
    (train_x, train), (seen_x, seen), (test_x, test) = (
        _features(index, split, masks, announce) for split in ("train", "validation", "test")
    )
    commonest = np.array(Counter(map(tuple, train)).most_common(1)[0][0])
    rng = np.random.default_rng(seed)
    announce("fitting the region histograms")
    network = HistogramPerceptron((train_x, train), (seen_x, seen), seed)
    threshold, scores = best_thresholds(network(seen_x), seen), network(test_x)
    others = np.roll(np.arange(len(test)), 1)
    return (
        _rung("commonest report", np.broadcast_to(commonest, test.shape), test),
        _rung("drawn by prevalence", rng.random(test.shape) < train.mean(axis=0), test),
        _rung("always positive", np.ones_like(test), test),
        _rung("region histograms, scans shuffled", scores[others] >= threshold, test, scores[others]),
        _rung("region histograms", scores >= threshold, test, scores),
    )


def _features(
    index: Index, split: Split, masks: str, announce: Callable[[str], None]
) -> tuple[Float32[np.ndarray, "cases features"], Truth]:
    part = index.split(split)
    features, truth = [], []
    for number, record in enumerate(part.records, start=1):
        announce(f"{split} {number} of {len(part)}")
        if record.masks is None or record.labels is None:
            raise BadInput(f"case {record.id} has no masks or no labels", hint="use phantoms", code="no-labels")
        volume = read_volume(part.path_of(record))
        labelmap = UserMasks(_mask_path(index.root / record.masks, masks), force=True)(volume)
        features.append(region_histograms(volume, labelmap))
        truth.append(record.labels)
    return np.stack(features), np.array(truth, dtype=bool)


def _mask_path(path: Path, degraded: str) -> Path:
    path = path.with_name(path.name.replace("masks", f"masks_{degraded}")) if degraded else path
    if not path.is_file():
        raise BadInput(f"there are no masks at {path}", hint="--masks is holes, shifted or atlas", code="no-masks")
    return path


def _rung(name: str, predicted: Truth, truth: Truth, scores: Float[np.ndarray, "cases findings"] | None = None) -> Rung:
    f1 = dict(zip(CT_RATE_LABELS, f1_scores(np.asarray(predicted), truth).tolist(), strict=True))
    there = [CT_RATE_LABELS[k] for k in np.flatnonzero(truth.sum(axis=0))]
    auc = {} if scores is None else dict(zip(CT_RATE_LABELS, aucs(scores, truth).tolist(), strict=True))
    auc = {label: value for label, value in auc.items() if isfinite(value)}
    return Rung(
        name=name,
        macro_f1=_mean([f1[label] for label in there]),
        macro_f1_hard=_mean([f1[label] for label in there if label not in EASY]),
        macro_auc=_mean(auc.values()) if auc else None,
        f1={label: f1[label] for label in there},
        auc=auc,
    )


def _mean(values: Collection[float]) -> float:
    """0 where the test cases have nothing to find."""
    return sum(values) / len(values) if values else 0.0
