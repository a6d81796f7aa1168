from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.plan import NODULE_OR_MASS, draw_plan
from ctscribe.data.phantom.prevalence import combinations, prevalence
from ctscribe.data.phantom.truth import FINDING_KINDS

CASES = 20_000  # the standard error of a share is at most 0.0036


@cache
def plans(factor: float, cases: int = CASES) -> tuple[frozenset[str], ...]:
    level = replace(LEVELS["standard"], findings=factor)
    rng = np.random.default_rng(7)
    return tuple(draw_plan(rng, level) for _ in range(cases))


def as_labels(plan: frozenset[str]) -> frozenset[str]:
    """The plan with nodule and mass as their one label, and without what has no label."""
    label = {NODULE_OR_MASS} if plan & {"nodule", "mass"} else set()
    return frozenset((plan & prevalence().labels.keys()) | label)


def share(drawn: tuple[frozenset[str], ...], *kinds: str) -> float:
    return sum(kinds_of >= set(kinds) for kinds_of in drawn) / len(drawn)


def test_the_model_holds_every_published_share():
    table = prevalence()
    probability, names = combinations(table), list(table.labels)
    has = np.arange(len(probability))[:, None] >> np.arange(len(names)) & 1
    marginals = probability @ has
    np.testing.assert_allclose(marginals, list(table.labels.values()), atol=1e-4)
    for one in table.together:
        both = has[:, names.index(one.of)] & has[:, names.index(one.given)]
        assert probability @ both / table.labels[one.given] == pytest.approx(one.probability, abs=1e-3)
    counts = np.bincount(np.minimum(has.sum(axis=1), len(table.counts) - 1), probability)
    np.testing.assert_allclose(counts, table.counts, atol=1e-4)


def test_a_standard_case_has_what_ct_rate_has():
    drawn = tuple(map(as_labels, plans(1.0)))
    for name, expected in prevalence().labels.items():
        assert share(drawn, name) == pytest.approx(expected, abs=0.01), name
    for one in prevalence().together:
        assert share(drawn, one.of, one.given) / share(drawn, one.given) == pytest.approx(one.probability, abs=0.06)
    counts = Counter(min(len(kinds), 8) for kinds in drawn)
    distance = sum(abs(counts[n] / CASES - expected) for n, expected in enumerate(prevalence().counts)) / 2
    assert distance < 0.015, "total variation from the published distribution of findings per scan"


def test_findings_without_a_label_come_as_often_as_the_table_says():
    for name, expected in prevalence().others.items():
        assert share(plans(1.0), name) == pytest.approx(expected, abs=0.01)
    table, labelled = prevalence(), prevalence().labels[NODULE_OR_MASS]
    assert share(plans(1.0), "mass") == pytest.approx(labelled * (table.mass_alone + table.mass_beside), abs=0.01)
    assert share(plans(1.0), "mass", "nodule") == pytest.approx(labelled * table.mass_beside, abs=0.01)


@pytest.mark.parametrize("level", ["easy", "hard"])
def test_the_level_makes_every_finding_rarer_or_more_frequent(level: str):
    factor = LEVELS[level].findings
    drawn = tuple(map(as_labels, plans(factor)))
    for name, standard in prevalence().labels.items():
        assert share(drawn, name) == pytest.approx(max(standard * factor, prevalence().lowest), abs=0.01), name


def test_findings_still_come_together_at_every_level():
    for factor in (0.6, 1.2):
        drawn = plans(factor)
        together = share(drawn, "arterial_calcification", "coronary_calcification")
        apart = share(drawn, "arterial_calcification") * share(drawn, "coronary_calcification")
        assert together > 1.5 * apart


def test_a_thousand_easy_cases_show_every_kind_often_enough():
    seen = Counter(kind for plan in plans(LEVELS["easy"].findings) for kind in plan)
    assert seen.keys() == FINDING_KINDS.keys()
    assert min(seen.values()) / CASES >= 0.05


def test_the_same_seed_gives_the_same_plan():
    for level in LEVELS.values():
        first, again, other = (np.random.default_rng(seed) for seed in (3, 3, 4))
        plans_of = [[draw_plan(rng, level) for _ in range(20)] for rng in (first, again, other)]
        assert plans_of[0] == plans_of[1] != plans_of[2]
    known = draw_plan(np.random.default_rng([2026, 0]), LEVELS["standard"])
    assert known == {"emphysema", "lymphadenopathy"}
