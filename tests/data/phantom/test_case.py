"""The whole phantom: the same seed gives the same case, and everything it says of itself is true."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.data.phantom.case import PhantomCase, Recipe, make_case, shared_out
from ctscribe.data.phantom.dataset import PhantomDataset
from ctscribe.data.phantom.labels import labels_of
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.data.phantom.wording.verification import contradictions

SMALL = Recipe(seed=5, size=(48, 96, 96))
CASES = [(level, index) for level, index in product(LEVELS, range(6))]


@cache
def case(level: str, index: int) -> PhantomCase:
    return make_case(replace(SMALL, level=level), "train", index)


def test_the_same_numbers_give_the_same_case():
    first, again = case("standard", 0), make_case(SMALL, "train", 0)
    assert np.array_equal(first.volume.hu, again.volume.hu)
    assert np.array_equal(first.labelmap.labels, again.labelmap.labels)
    assert np.array_equal(first.instances, again.instances)
    assert (first.findings, first.report, first.questions) == (again.findings, again.report, again.questions)


@pytest.mark.parametrize("other", [("train", 1), ("test", 0), ("validation", 0)])
def test_no_two_cases_share_a_body(other):
    first, second = case("standard", 0), make_case(SMALL, *other)
    assert first.body != second.body
    assert (first.volume.hu == second.volume.hu).mean() < 0.3
    assert not any(
        a == b
        for a, b in zip(asdict(first.body).values(), asdict(second.body).values(), strict=True)
        if isinstance(a, float)
    )


@pytest.mark.parametrize(("level", "index"), CASES)
def test_measuring_the_masks_gives_the_table(level, index):
    phantom = case(level, index)
    spacing = phantom.volume.spacing
    lesions = measure_lesions(phantom.labelmap, phantom.volume, all_components=True, minimum_ml=0.0)
    for finding in phantom.findings:
        if finding.kind not in ("nodule", "mass", "kidney_cyst"):
            continue
        mask = FINDING_KINDS[finding.kind].mask
        near = [one for one in lesions if one.kind == mask and one.slices == finding.slices]
        lesion = min(near, key=lambda one: np.linalg.norm(np.subtract(one.centroid_mm, finding.centroid_mm)))
        assert lesion.volume_ml == pytest.approx(finding.volume_ml, abs=1e-6)
        assert lesion.diameter_mm == pytest.approx(finding.diameter_mm, abs=max(spacing[1:]) + 1e-6)
        assert lesion.sub_region == finding.structures[0]


@pytest.mark.parametrize(("level", "index"), CASES)
def test_every_sentence_is_true_and_every_finding_is_spoken_of(level, index):
    phantom = case(level, index)
    assert contradictions(phantom.report, phantom.findings) == []
    assert phantom.labels == labels_of(phantom.findings)


@pytest.mark.parametrize(("level", "index"), CASES)
def test_disease_lies_where_the_table_says(level, index):
    phantom = case(level, index)
    for finding in phantom.findings:
        if not finding.number:
            continue
        voxels = phantom.instances == finding.number
        assert voxels.sum() * np.prod(phantom.volume.spacing) / 1000 == pytest.approx(finding.volume_ml)
        if finding.structures[0].startswith("lung_"):
            assert phantom.labelmap.mask(finding.structures[0])[voxels].any(), finding


def test_a_data_set_makes_the_cases_one_by_one():
    few = PhantomDataset(2, SMALL)
    assert len(few) == 2 and [one.id for one in few] == ["train_00000", "train_00001"]
    assert np.array_equal(few[0].volume.hu, case("standard", 0).volume.hu)
    assert few.case(0).reference == case("standard", 0).report.text
    assert [record.id for record in few.records] == [one.id for one in few]
    assert few.digest != PhantomDataset(2, replace(SMALL, seed=6)).digest
    with pytest.raises(IndexError):
        few[2]


def test_with_enough_anatomies_no_body_is_in_two_splits():
    names = list("abcdefg")
    parts = [shared_out(names, split) for split in ("train", "validation", "test")]
    assert sorted(name for part in parts for name in part) == names
    assert shared_out(names[:2], "test") == names[:2]
