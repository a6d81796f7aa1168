import numpy as np
import pytest

from ctscribe.anatomy.segmenters.atlas.packaged import load_atlas
from ctscribe.anatomy.segmenters.atlas.registration import blood_level, reference, side_with_air


@pytest.mark.parametrize(("kept", "says"), [("both", "both"), ("left", "left"), ("right", "right")])
def test_a_lung_without_air_is_noticed(kept: str, says: str) -> None:
    hu = load_atlas().ct.astype(np.float32)
    lungs = reference(kept).lungs
    assert side_with_air(np.where(reference().lungs & ~lungs, 20, hu).astype(np.float32), lungs) == says


def test_each_side_of_the_reference_is_part_of_the_whole() -> None:
    left, right, both = (reference(side).lungs for side in ("left", "right", "both"))
    assert np.array_equal(left | right, both)
    assert not (left & right).any()
    middle = load_atlas().labels[1::2, 1::2, 1::2] == load_atlas().id("lung_lower_lobe_left")
    assert (left & middle).sum() > 20 * (right & middle).sum()


def test_the_blood_pool_is_that_of_heart_and_aorta() -> None:
    atlas = load_atlas()
    labels = atlas.labels[1::2, 1::2, 1::2]
    hu = np.where(np.isin(labels, atlas.ids("heart", "aorta")), 222, 40).astype(np.float32)
    assert blood_level(hu, labels) == 222
    assert blood_level(hu, np.zeros_like(labels)) < 0
