"""Calcified volume of cubes of known size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.biomarkers.calcification import calcifications
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, ScanMeta


def painted(value: int = 400, **meta: object) -> tuple[CTVolume, LabelMap, int]:
    """A deposit of 2×2×3 voxels in the aorta, one of two voxels, and bright voxels beside the aorta."""
    volume, labelmap = chest_phantom(noise=5.0)
    hu = volume.hu.copy()
    z, y, x = (int(c) for c in np.argwhere(labelmap.mask("aorta")).mean(axis=0))
    hu[z - 1 : z + 1, y : y + 2, x - 1 : x + 2] = value
    hu[z + 8, y, x : x + 2] = value
    hu[~labelmap.mask("aorta", "heart")] = 900
    return CTVolume(hu, volume.affine, ScanMeta(**meta)), labelmap, z


def test_deposits_of_three_voxels_and_more_count() -> None:
    volume, labelmap, z = painted()
    aortic, coronary = calcifications(Scan(volume, labelmap))
    assert aortic.value == pytest.approx(12 * volume.voxel_ml)
    assert aortic.key_slice in (z - 1, z)
    assert (coronary.value, coronary.key_slice) == (0.0, None)


def test_threshold_is_130_hu() -> None:
    for value, voxels in ((129, 0), (130, 12)):
        volume, labelmap, _ = painted(value)
        assert calcifications(Scan(volume, labelmap))[0].value == pytest.approx(voxels * volume.voxel_ml)


@pytest.mark.parametrize(
    ("meta", "approximate", "value", "reason"),
    [
        ({"contrast": True}, frozenset(), 400, "contrast medium"),
        ({"slice_thickness_mm": 8.0}, frozenset(), 400, "too thick"),
        ({}, frozenset({"aorta"}), 400, "too rough"),
        ({}, frozenset(), 2500, "metal"),
    ],
)
def test_not_assessable(meta: dict[str, object], approximate: frozenset[str], value: int, reason: str) -> None:
    volume, labelmap, _ = painted(value, **meta)
    aortic = calcifications(Scan(volume, replace(labelmap, approximate=approximate)))[0]
    assert aortic.value is None
    assert reason in str(aortic.reason)


def test_missing_structures() -> None:
    volume, labelmap, _ = painted()
    aortic, coronary = calcifications(Scan(volume, replace(labelmap, names={52: "aorta"})))
    assert aortic.value is not None
    assert "not segmented" in str(coronary.reason)
