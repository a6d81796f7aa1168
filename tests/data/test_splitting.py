"""Splits: fractions are met, marks are spread, patients stay whole, order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctscribe.data.splitting import divided, stratified

HILT = {"train": 0.7, "validation": 0.1, "test": 0.2}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(0, 5))
def test_no_patient_is_in_two_splits(numbers: list[int], seed: int) -> None:
    patients = [f"p{number}" for number in numbers]
    splits = divided(patients, HILT, seed=seed)
    assert len({*zip(patients, splits, strict=True)}) == len(set(patients))


def test_single_cases_meet_the_fractions_exactly() -> None:
    splits = divided([str(at) for at in range(1000)], HILT, seed=0)
    assert [splits.count(split) for split in HILT] == [700, 100, 200]


def test_order_does_not_matter_and_the_seed_does(rng: np.random.Generator) -> None:
    patients = [f"p{number}" for number in rng.integers(0, 60, 200)]
    order = rng.permutation(200)
    splits = divided(patients, HILT, seed=4)
    shuffled = divided([patients[at] for at in order], HILT, seed=4)
    assert shuffled == [splits[at] for at in order]
    assert splits != divided(patients, HILT, seed=5)


def test_every_mark_is_divided_by_the_fractions(rng: np.random.Generator) -> None:
    marks = rng.random((6000, 21)) < np.geomspace(0.02, 0.4, 21)
    patients = [f"p{number}" for number in rng.integers(0, 5000, 6000)]
    fractions = {"train": 0.835, "test": 0.165}
    tested = np.array(stratified(patients, marks, fractions, seed=0)) == "test"
    assert tested.mean() == pytest.approx(0.165, abs=0.003)
    shares = marks[tested].sum(axis=0) / marks.sum(axis=0)
    assert np.abs(shares - 0.165).max() < 0.02
    drawn = np.isin(patients, rng.permutation(np.unique(patients))[:825])
    assert np.abs(shares - 0.165).mean() < 0.5 * np.abs(marks[drawn].sum(axis=0) / marks.sum(axis=0) - 0.165).mean()
