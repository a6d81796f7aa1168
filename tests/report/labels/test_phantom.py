"""The labeller from the outside: reports of phantoms, whose labels are known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from phantom_tables import EVERYTHING, one_of_each, random_table

from ctscribe.data.phantom.labels import labels_of
from ctscribe.data.phantom.wording import PhantomReport, Style, write_report
from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.labels import Labelling, label_report, label_sections

REPORTS = 120  # of each hospital


@cache
def written(style: Style) -> list[tuple[PhantomReport, tuple[int, ...]]]:
    rng = np.random.default_rng({"a": 2101, "b": 2102, "mixed": 2103}[style])
    tables = [one_of_each(rng), [], *(random_table(rng) for _ in range(REPORTS - 2))]
    return [
        (write_report(table, rng, visible=EVERYTHING, style=style, phase="portal", slice_mm=1.0), labels_of(table))
        for table in tables
    ]


def f1(labelled: list[Labelling], truth: list[tuple[int, ...]]) -> dict[str, float]:
    """Label → F1, from the definition."""
    found = np.array([one.vector() for one in labelled], dtype=bool)
    there = np.array(truth, dtype=bool)
    scores = 2.0 * (found & there).sum(axis=0) / (found.sum(axis=0) + there.sum(axis=0))
    return dict(zip(CT_RATE_LABELS, scores.tolist(), strict=True))


@pytest.mark.parametrize("style", ["a", "b", "mixed"])
def test_free_text(style: Style) -> None:
    reports = written(style)
    scores = f1([label_report("\n".join(one.free_text)) for one, _ in reports], [labels for _, labels in reports])
    assert min(scores.values()) >= 0.95, scores
    assert np.mean(list(scores.values())) >= 0.97, scores


@pytest.mark.parametrize("style", ["a", "b", "mixed"])
def test_six_sections(style: Style) -> None:
    reports = written(style)
    sections = [
        {key: " ".join(sentence.text for sentence in said) for key, said in one.sections.items()} for one, _ in reports
    ]
    scores = f1([label_sections(one) for one in sections], [labels for _, labels in reports])
    assert min(scores.values()) >= 0.95, scores
    assert np.mean(list(scores.values())) >= 0.97, scores


def test_what_a_report_denies_is_not_there() -> None:
    for report, labels in written("mixed"):
        said = label_report("\n".join(report.free_text))
        for mention, there in zip(said.mentions, labels, strict=True):
            if mention.polarity == "absent":
                assert not there, mention
