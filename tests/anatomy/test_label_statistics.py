"""One-pass statistics against numpy, label by label."""

from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.label_statistics import LOWEST_HU, label_statistics


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("hu_dtype", [np.int16, np.float32])
def test_matches_numpy(rng: np.random.Generator, dtype: type, hu_dtype: type) -> None:
    labels = rng.choice([0, 3, 7, 100], size=(8, 11, 13), p=[0.5, 0.3, 0.19, 0.01]).astype(dtype)
    hu = rng.integers(-1024, 400, size=labels.shape).astype(hu_dtype)
    statistics = label_statistics(hu, labels)
    for label in (3, 7, 100):
        values = hu[labels == label].astype(int)
        np.testing.assert_array_equal(
            statistics.histogram[label], np.bincount(values - LOWEST_HU, minlength=statistics.histogram.shape[1])
        )
        where = np.argwhere(labels == label)
        assert statistics.box(label) == tuple(zip(where.min(axis=0), where.max(axis=0), strict=True))
        assert statistics.share_below(-300, label) == pytest.approx((values < -300).mean())
    union = np.isin(labels, (3, 7))
    assert statistics.count(3, 7) == union.sum()
    assert statistics.share_below(-950, 3, 7) == pytest.approx((hu[union] < -950).mean())


def test_background_is_left_out_and_extremes_are_clamped() -> None:
    labels = np.array([[[0, 2, 2]]], dtype=np.uint8)
    statistics = label_statistics(np.array([[[50, -2000, 9000]]], dtype=np.int16), labels)
    assert statistics.histogram[0].sum() == 0
    assert (statistics.histogram[2, 0], statistics.histogram[2, -1]) == (1, 1)
    assert statistics.box(1) is None
