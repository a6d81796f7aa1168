"""A fluid band drawn around the heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.found import Found
from ctscribe.anatomy.detectors.lung_field import lung_field
from ctscribe.anatomy.detectors.pericardial_effusion import find_pericardial_effusion
from ctscribe.anatomy.distances import distance_to
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume

SHAPE, SPACING = (75, 128, 160), (4.0, 2.5, 2.5)


def search(volume: CTVolume, labelmap: LabelMap, pleural: np.ndarray | None = None) -> Found | None:
    field = lung_field(volume, labelmap, 2.0, 40.0)
    assert field is not None
    return find_pericardial_effusion(
        volume, labelmap, field, np.zeros(volume.shape, dtype=bool) if pleural is None else pleural
    )


def effusion(width_mm: float, hu: float) -> tuple[CTVolume, LabelMap, np.ndarray]:
    volume, labelmap = chest_phantom(SHAPE, SPACING)
    heart = labelmap.mask("heart")
    band = (distance_to(heart, SPACING) <= width_mm) & ~heart & heart.any(axis=(1, 2), keepdims=True)
    band &= (labelmap.labels == 0) | labelmap.region("lung")
    painted, labels = volume.hu.copy(), labelmap.labels.copy()
    painted[band] = np.random.default_rng(0).normal(hu, 10, int(band.sum())).astype(np.int16)
    labels[band] = 0
    return replace(volume, hu=painted), replace(labelmap, labels=labels), band


def test_band_is_found_with_its_volume() -> None:
    volume, labelmap, band = effusion(14.0, 10.0)
    found = search(volume, labelmap)
    assert found is not None and found.detections
    assert found.mask.sum() == pytest.approx(band.sum(), rel=0.35)
    assert (found.mask & ~band).sum() < 0.1 * found.mask.sum()


@pytest.mark.parametrize(("width", "hu"), [(14.0, 50.0), (14.0, -90.0), (4.0, 10.0)])
def test_muscle_fat_and_thin_bands_are_not_claimed(width: float, hu: float) -> None:
    volume, labelmap, _ = effusion(width, hu)
    found = search(volume, labelmap)
    assert found is not None
    assert not found.mask.any()


def test_pleural_fluid_beside_the_heart_is_left_to_the_pleura() -> None:
    volume, labelmap, band = effusion(14.0, 10.0)
    found = search(volume, labelmap, band)
    assert found is not None
    assert not found.mask.any()


def test_not_looked_for() -> None:
    volume, labelmap, _ = effusion(14.0, 10.0)
    field = lung_field(volume, labelmap, 2.0, 40.0)
    assert field is not None
    assert find_pericardial_effusion(volume, labelmap, field, None) is None
    assert search(volume, replace(labelmap, approximate=frozenset({"heart"}))) is None
    names = {label: name for label, name in labelmap.names.items() if name != "heart"}
    assert search(volume, replace(labelmap, names=names)) is None
    assert search(*chest_phantom((38, 80, 100), (8.0, 4.0, 4.0))) is None
