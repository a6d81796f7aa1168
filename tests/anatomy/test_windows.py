from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.windows import bounding_window


@pytest.mark.parametrize("margin", [0, 2])
@pytest.mark.parametrize("count", [1, 2, 5, 20])
@pytest.mark.parametrize("dtype", [bool, np.uint16])
def test_against_the_voxels_one_by_one(rng, margin, count, dtype):
    labels = np.zeros((8, 9, 10), dtype=dtype)
    labels.flat[rng.choice(labels.size, count, replace=False)] = 1
    there = np.argwhere(labels)
    window = bounding_window(labels, margin)
    assert [axis.start for axis in window] == np.maximum(there.min(axis=0) - margin, 0).tolist()
    assert [axis.stop for axis in window] == np.minimum(there.max(axis=0) + 1 + margin, labels.shape).tolist()
    assert labels[window].sum() == labels.sum()


def test_nothing_has_no_window():
    assert bounding_window(np.zeros((3, 4, 5), dtype=bool)) is None
    assert bounding_window(np.zeros((3, 4, 5), dtype=bool), margin=1) is None
