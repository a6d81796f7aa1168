from dataclasses import replace

import numpy as np
from phantom_tables import random_finding, random_table, renamed

from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.data.phantom.wording.grouping import grouped


def groups(findings, rng, times: int = 60):
    return {tuple(grouped(findings, rng, 0.5)) for _ in range(times)}


def test_every_finding_is_in_one_group(rng: np.random.Generator):
    for _ in range(60):
        table = random_table(rng, "hard")
        members = [index for group in grouped(table, rng, 0.5) for index in group]
        assert sorted(members) == list(range(len(table)))
        for group in grouped(table, rng, 0.5):
            assert len({table[index].kind for index in group}) == 1


def test_findings_with_equal_attributes_may_share_a_sentence_and_others_not(rng: np.random.Generator):
    patchy = renamed(random_finding("consolidation", rng), extent="patchy", bronchogram="yes")
    assert set(grouped([patchy, patchy], rng, 1.0)) == {(0, 1)}
    assert groups([patchy, patchy], rng) == {((0, 1),), ((0,), (1,))}
    assert groups([patchy, renamed(patchy, extent="lobar")], rng) == {((0,), (1,))}


def test_what_is_listed_does_not_keep_findings_apart(rng: np.random.Generator):
    node = renamed(random_finding("lymphadenopathy", rng), station="subcarinal")
    assert ((0, 1),) in groups([node, renamed(node, station="left hilar")], rng)


def test_nodules_are_counted_by_lobe_and_at_times_all_together(rng: np.random.Generator):
    nodule = random_finding("nodule", rng)
    table = [
        replace(nodule, structures=(f"lung_{lobe}",))
        for lobe in ("upper_lobe_left", "upper_lobe_left", "lower_lobe_left")
    ]
    seen = groups(table, rng, 200)
    assert {((0, 1), (2,)), ((0, 1, 2),)} <= seen
    assert not any((0, 2) in group or (1, 2) in group for group in seen)


def test_some_kinds_are_always_told_one_by_one(rng: np.random.Generator):
    for kind in ("mass", "vertebral_compression", "medical_material"):
        assert kind in FINDING_KINDS
        assert groups([random_finding(kind, rng)] * 2, rng) == {((0,), (1,))}
