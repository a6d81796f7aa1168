"""Cardiothoracic ratio of boxes of known width, and of the real scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from lidc import lidc_scan

from ctscribe.anatomy.biomarkers.heart import cardiothoracic_ratio
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, canonical_affine

NAMES = {10: "lung_upper_lobe_left", 12: "lung_upper_lobe_right", 51: "heart"}


def drawn() -> tuple[CTVolume, LabelMap]:
    """Inner chest 250 mm wide at its widest, heart 100 mm at its widest slice."""
    labels = np.zeros((20, 40, 150), dtype=np.uint8)
    labels[2:18, 5:35, 15:65], labels[2:18, 5:35, 80:130] = 12, 10
    labels[6, 5:35, 12], labels[6, 5:35, 136] = 12, 10
    labels[8:12, 10:30, 60:90] = 51
    labels[9, 12:28, 52:102] = 51
    affine = canonical_affine((3.0, 2.0, 2.0), (-150.0, -40.0, 0.0))
    return CTVolume(np.zeros(labels.shape, dtype=np.int16), affine), LabelMap(labels, NAMES, affine, source="drawn")


def test_widest_heart_over_widest_chest() -> None:
    volume, labelmap = drawn()
    ratio = cardiothoracic_ratio(Scan(volume, labelmap))
    assert ratio.value == pytest.approx(100 / 250)
    assert ratio.key_slice == 9
    (start, end) = ratio.line_mm
    assert end[0] - start[0] == pytest.approx(100)
    assert start == pytest.approx((-150 + 52 * 2 - 1, -40 + 19.5 * 2, 27))


def test_mirrored_scan_gives_the_same_ratio() -> None:
    volume, labelmap = drawn()
    mirrored = replace(labelmap, labels=np.ascontiguousarray(labelmap.labels[:, :, ::-1]))
    assert cardiothoracic_ratio(Scan(volume, mirrored)).value == cardiothoracic_ratio(Scan(volume, labelmap)).value


@pytest.mark.parametrize(
    ("names", "crop", "reason"),
    [
        ({10: "lung_upper_lobe_left", 12: "lung_upper_lobe_right"}, slice(None), "not segmented"),
        ({12: "lung_upper_lobe_right", 51: "heart"}, slice(None), "both lungs"),
        (NAMES, slice(9, None), "cut off"),
        (NAMES, slice(None, 10), "cut off"),
    ],
)
def test_not_assessable(names: dict[int, str], crop: slice, reason: str) -> None:
    volume, labelmap = drawn()
    cropped = replace(labelmap, labels=labelmap.labels[crop], names=names)
    ratio = cardiothoracic_ratio(Scan(CTVolume(volume.hu[crop], volume.affine), cropped))
    assert ratio.value is None
    assert reason in str(ratio.reason)


def test_rough_outline_is_said() -> None:
    volume, labelmap = drawn()
    assert cardiothoracic_ratio(Scan(volume, replace(labelmap, approximate=frozenset({"heart"})))).approximate
    assert not cardiothoracic_ratio(Scan(volume, labelmap)).approximate


def test_real_scan() -> None:
    ratio = cardiothoracic_ratio(Scan(*lidc_scan(shared("lidc0001"))))
    assert ratio.value == pytest.approx(0.44, abs=0.01)
