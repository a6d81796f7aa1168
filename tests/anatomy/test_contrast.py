"""Contrast medium in the blood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from lidc import lidc_scan
from phantoms import chest_phantom

from ctscribe.anatomy.contrast import blood_attenuation, contrast_enhanced, eroded_values
from ctscribe.ct.volume import CTVolume, ScanMeta


def with_blood(hu: int, header: bool | None = None, noise: float = 10.0) -> tuple:
    volume, labelmap = chest_phantom(noise=noise)
    painted = volume.hu.copy()
    painted[labelmap.mask("aorta", "heart")] += np.int16(hu - 45)
    return CTVolume(painted, volume.affine, ScanMeta(contrast=header)), labelmap


@pytest.mark.parametrize(
    ("hu", "header", "expected"),
    [
        (40, None, False),
        (70, None, False),
        (82, None, None),
        (100, None, True),
        (350, None, True),
        (82, True, True),
        (40, True, True),
        (82, False, False),
        (350, False, True),
    ],
)
def test_header_and_blood_decide(hu: int, header: bool | None, expected: bool | None) -> None:
    assert contrast_enhanced(*with_blood(hu, header)) is expected


def test_heart_stands_in_for_a_missing_aorta_and_nothing_for_both() -> None:
    volume, labelmap = with_blood(200)
    names = {label: name for label, name in labelmap.names.items() if name != "aorta"}
    assert blood_attenuation(volume, replace(labelmap, names=names)) == pytest.approx(200, abs=2)
    assert blood_attenuation(volume, replace(labelmap, names={5: "liver"})) is None
    assert contrast_enhanced(volume, replace(labelmap, names={5: "liver"})) is None


def test_erosion_keeps_the_rim_out() -> None:
    volume, labelmap = chest_phantom(noise=0.0)
    hu = volume.hu.copy()
    liver = labelmap.mask("liver")
    inner = eroded_values(CTVolume(hu, volume.affine), labelmap, ("liver",), 8.0)
    assert set(np.unique(inner)) == {60}
    assert 0 < inner.size < liver.sum()


def test_real_arterial_phase() -> None:
    volume, labelmap = lidc_scan(shared("lidc0001"))
    assert blood_attenuation(volume, labelmap) == pytest.approx(408, abs=5)
    assert contrast_enhanced(volume, labelmap) is True
