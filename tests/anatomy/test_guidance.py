"""The body's midline and the two sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.guidance import GUIDANCE, guidance_map, left_half, midline, nearest_region
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import KINDS
from ctscribe.ct.volume import canonical_affine

AFFINE = canonical_affine((2.0, 1.0, 1.0))


def test_every_kind_has_guidance_regions() -> None:
    assert set(GUIDANCE) == set(KINDS)


def test_midline_follows_a_curved_spine() -> None:
    labels = np.zeros((10, 20, 40), dtype=np.uint8)
    for z in range(2, 8):
        labels[z, 14:17, 15 + z : 18 + z] = 79
    line = midline(LabelMap(labels, {79: "spinal_cord"}, AFFINE, source="drawn"))
    assert line[2:8] == pytest.approx(np.arange(2, 8) + 16)
    assert (line[0], line[9]) == (line[2], line[7])


def test_midline_without_spine_lies_between_the_lungs() -> None:
    labels = np.zeros((4, 10, 40), dtype=np.uint8)
    labels[:, 2:8, 4:14], labels[:, 2:8, 22:33] = 12, 10
    names = {10: "lung_upper_lobe_left", 12: "lung_upper_lobe_right"}
    assert midline(LabelMap(labels, names, AFFINE, source="drawn")) == pytest.approx(np.full(4, 18.0))
    assert midline(LabelMap(labels, {}, AFFINE, source="drawn")) == pytest.approx(np.full(4, 19.5))


def test_lobes_lie_on_their_side() -> None:
    _, labelmap = chest_phantom()
    whole = tuple(slice(0, n) for n in labelmap.labels.shape)
    left = left_half(labelmap, whole)
    for name in ("lung_upper_lobe_left", "lung_lower_lobe_left"):
        assert left[labelmap.mask(name)].all()
    assert not left[labelmap.mask("lung_lower_lobe_right")].any()


@pytest.mark.parametrize("kind", KINDS)
def test_window_of_the_map_equals_the_map_in_the_window(kind: str) -> None:
    _, labelmap = chest_phantom()
    window = (slice(10, 40), slice(20, 50), slice(5, 90))
    whole = tuple(slice(0, n) for n in labelmap.labels.shape)
    np.testing.assert_array_equal(guidance_map(kind, labelmap, window), guidance_map(kind, labelmap, whole)[window])


def test_lobe_numbers_and_nearest_lobe() -> None:
    _, labelmap = chest_phantom()
    whole = tuple(slice(0, n) for n in labelmap.labels.shape)
    regions = guidance_map("lung_nodule", labelmap, whole)
    for number, region in enumerate(GUIDANCE["lung_nodule"], start=1):
        np.testing.assert_array_equal(regions == number, labelmap.mask(region.name))
    z, y, x = np.argwhere(labelmap.mask("lung_middle_lobe_right"))[0]
    assert nearest_region("lung_nodule", labelmap, (float(z), float(y) - 1, float(x))) == "lung_middle_lobe_right"
    assert nearest_region("lung_nodule", replace(labelmap, names={}), (1.0, 1.0, 1.0)) is None
