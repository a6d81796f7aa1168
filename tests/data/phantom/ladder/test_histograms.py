from __future__ import annotations

from dataclasses import replace

import numpy as np
from phantoms import chest_phantom

from ctscribe.data.phantom.ladder.histograms import BINS, EDGES, FEATURES, ORGANS, REGIONS, region_histograms

VOLUME, TRUTH = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))


def table(volume=VOLUME, labelmap=TRUTH) -> np.ndarray:
    return region_histograms(volume, labelmap).reshape(REGIONS, BINS + 1)


def test_against_a_count_of_every_region():
    assert table().size == FEATURES
    for row, names in zip(table(), ORGANS, strict=False):
        inside = VOLUME.hu[TRUTH.mask(*names)].astype(int)
        counts = [
            np.sum((inside >= low) & (inside < high)) for low, high in zip([-9999, *EDGES], [*EDGES, 9999], strict=True)
        ]
        assert np.allclose(row[:-1], np.array(counts) / max(len(inside), 1))
        assert np.isclose(row[-1], len(inside) / VOLUME.hu.size)


def test_what_no_class_claims_belongs_to_its_own_side():
    rest_left, rest_right = table()[-2:, -1]
    assert rest_left > 0 and rest_right > 0
    lung = np.nonzero(TRUTH.region("lung"))
    hu = VOLUME.hu.copy()
    free = TRUTH.labels == 0
    free[:, :, : (lung[2].min() + lung[2].max() + 1) // 2] = False
    hu[free] = 1200
    before, after = table(), table(replace(VOLUME, hu=hu))
    assert np.array_equal(np.flatnonzero((before != after).any(axis=1)), [REGIONS - 2])


def test_a_scan_without_organs_has_empty_histograms():
    nothing = replace(TRUTH, labels=np.zeros_like(TRUTH.labels))
    assert not table(labelmap=nothing).any()
