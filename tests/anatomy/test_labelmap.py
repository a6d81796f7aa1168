from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap, label_counts
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.ct.volume import canonical_affine
from ctscribe.errors import BadInput

NAMES = {3: "liver", 7: "lung_upper_lobe_left", 200: "lung_lower_lobe_left", 9: "spleen"}


@pytest.fixture(params=[np.uint8, np.uint16])
def labelmap(request, rng):
    labels = rng.choice(np.array([0, 3, 7, 200, 11]), size=(5, 6, 7)).astype(request.param)
    return LabelMap(labels, NAMES, canonical_affine((2.0, 1.0, 1.0)), source="random")


def slow_mask(labelmap: LabelMap, *names: str) -> np.ndarray:
    mask = np.zeros(labelmap.labels.shape, dtype=bool)
    for index in np.ndindex(mask.shape):
        mask[index] = labelmap.names.get(int(labelmap.labels[index])) in names
    return mask


@pytest.mark.parametrize(
    "names",
    [
        ("liver",),
        ("liver", "lung_lower_lobe_left"),
        ("spleen",),
        ("aorta",),
        ("aorta", "liver"),
        (),
        tuple(NAMES.values()),
    ],
)
def test_mask_is_the_union_of_the_named_classes(labelmap, names):
    assert np.array_equal(labelmap.mask(*names), slow_mask(labelmap, *names))


def test_ids_are_those_of_the_known_names(labelmap):
    for label, name in labelmap.names.items():
        assert labelmap.ids("no such class", name) == (label,)
    assert labelmap.ids() == ()


def test_region_is_the_union_of_its_classes(labelmap):
    assert np.array_equal(labelmap.region("lung"), slow_mask(labelmap, *CHEST6["lung"].structures))
    with pytest.raises(BadInput):
        labelmap.region("lungs")


def test_present_are_named_classes_with_voxels(labelmap):
    assert labelmap.present == {"liver", "lung_upper_lobe_left", "lung_lower_lobe_left"}


def test_label_counts(labelmap):
    counted = Counter(labelmap.labels.ravel().tolist())
    counts = label_counts(labelmap.labels)
    assert {label: int(n) for label, n in enumerate(counts) if n} == counted


def test_regions_of_the_phantom_do_not_overlap():
    labelmap = chest_phantom((20, 30, 40), (15.0, 10.0, 10.0))[1]
    covered = sum(labelmap.region(region.key).astype(int) for region in CHEST6)
    assert covered.max() == 1
    assert np.array_equal(covered == 1, labelmap.labels > 0)
