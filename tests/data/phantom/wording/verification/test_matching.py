from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.data.phantom.wording.verification.matching import one_each, told_by
from ctscribe.data.phantom.wording.verification.reading import read

SMOOTH = {"density": "solid", "margin": "smooth"}
TABLE = [
    PhantomFinding("nodule", ("lung_upper_lobe_right",), "right", SMOOTH, {}, 8.2),
    PhantomFinding("nodule", ("lung_upper_lobe_right",), "right", {**SMOOTH, "density": "calcified"}, {}, 14.3),
    PhantomFinding("nodule", ("lung_lower_lobe_left", "lung_upper_lobe_left"), "left", SMOOTH, {}, 8.0),
    PhantomFinding("pleural_effusion", ("pleura_left",), "left", {"size": "small"}, {"thickness_mm": 11.0}),
    PhantomFinding("pleural_effusion", ("pleura_right",), "right", {"size": "small"}, {"thickness_mm": 17.0}),
    PhantomFinding("fibrotic_band", ("lung_upper_lobe_left",), "left"),
    PhantomFinding("fibrotic_band", ("lung_middle_lobe_right",), "right"),
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("8 mm solid nodule in the right upper lobe.", (0,)),
        ("8 mm nodule in the right upper lobe.", (0,)),
        ("8.1 mm nodule in the right upper lobe.", ()),
        ("8 mm nodule in the right lower lobe.", ()),
        ("8 mm calcified nodule in the right upper lobe.", ()),
        ("8 mm spiculated nodule in the right upper lobe.", ()),
        ("8 mm solid nodule in the left lower lobe.", (2,)),
        ("8 mm solid nodule in the left upper lobe.", ()),
        ("Two nodules in the right upper lobe, the largest 14 mm.", (0, 1)),
        ("Two nodules in the right upper lobe measuring 1.4 cm and 8 mm.", (0, 1)),
        ("Two nodules in the right upper lobe measuring 14 mm and 9 mm.", ()),
        ("Two nodules in the right upper lobe, the largest 8 mm.", ()),
        ("Three nodules in the right upper lobe, the largest 14 mm.", ()),
        ("Three nodules in both lungs, the largest 14 mm.", (0, 1, 2)),
        ("Three nodules in the right lung, the largest 14 mm.", ()),
        ("Two solid nodules in the right upper lobe.", ()),
        ("Small left pleural effusion, 11 mm thick.", (3,)),
        ("Small left pleural effusion, 17 mm thick.", ()),
        ("Large left pleural effusion.", ()),
        ("Small bilateral pleural effusions.", (3, 4)),
        ("Fibrotic bands in the left upper lobe and right middle lobe.", (5, 6)),
        ("Fibrotic bands in the left upper lobe.", (5,)),
        ("Fibrotic bands in the left upper and lower lobes.", ()),
        ("Fibrotic bands in both lungs.", (5, 6)),
    ],
)
def test_a_sentence_tells_the_findings_that_it_fits(text: str, told: tuple[int, ...]):
    assert told_by(read(text), TABLE) == told


def test_of_two_findings_that_are_alike_either_fits():
    table = [TABLE[0], replace(TABLE[0], diameter_mm=7.9)]
    assert told_by(read("8 mm nodule in the right upper lobe."), table) == (0, 1)


def left_over(findings: list[int], candidates: list[list[int]]) -> int:
    """Findings without a sentence in the best of all ways to deal them out."""
    best = 0
    for order in permutations(range(len(candidates))):
        taken: set[int] = set()
        for index in findings:
            free = [place for place in order if place not in taken and index in candidates[place]]
            taken |= set(free[:1])
        best = max(best, len(taken))
    return len(findings) - best


def test_every_sentence_tells_one_finding(rng: np.random.Generator):
    assert one_each([0, 1], [[0, 1], [0]]) == []
    assert one_each([0, 1], [[0, 1]]) == [1]
    for _ in range(200):
        findings = list(range(int(rng.integers(1, 5))))
        candidates = [[index for index in findings if rng.random() < 0.4] for _ in range(int(rng.integers(1, 5)))]
        assert len(one_each(findings, candidates)) == left_over(findings, candidates)
