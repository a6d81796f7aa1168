"""Consolidation and ground glass put into a drawn chest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from inserted import distance_from, with_ball
from lidc import lidc_scan
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.found import Found
from ctscribe.anatomy.detectors.lung_field import lung_field
from ctscribe.anatomy.detectors.opacity import find_consolidation, find_ground_glass
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume

SHAPE, SPACING = (75, 128, 160), (4.0, 2.5, 2.5)
PLACE = (-90.0, 30.0, -20.0)


def search(volume: CTVolume, labelmap: LabelMap, known: tuple[np.ndarray, ...] = ()) -> tuple[Found, Found]:
    field = lung_field(volume, labelmap, 2.0, 40.0)
    assert field is not None
    dense, hazy = find_consolidation(volume, field, known), find_ground_glass(volume, field, known)
    assert dense is not None
    assert hazy is not None
    return dense, hazy


def test_a_healthy_chest_has_neither() -> None:
    dense, hazy = search(*chest_phantom(SHAPE, SPACING, noise=30.0))
    assert not dense.mask.any()
    assert not hazy.mask.any()


@pytest.mark.parametrize(("hu", "which", "diameter"), [(30.0, 0, 40.0), (-550.0, 1, 60.0)])
def test_each_is_found_as_itself(hu: float, which: int, diameter: float) -> None:
    volume, labelmap = chest_phantom(SHAPE, SPACING, noise=30.0)
    truth = (distance_from(volume, PLACE) <= diameter / 2) & labelmap.region("lung")
    found = search(with_ball(volume, PLACE, diameter, hu, labelmap.region("lung")), labelmap)
    assert not found[1 - which].mask.any()
    mask = found[which].mask
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.75
    assert len(found[which].detections) == 1
    assert mask[found[which].detections[0].voxel]


def test_what_is_known_already_is_not_found_again() -> None:
    volume, labelmap = chest_phantom(SHAPE, SPACING)
    opaque = with_ball(volume, PLACE, 40.0, 30.0, labelmap.region("lung"))
    known = (distance_from(volume, PLACE) <= 21) & labelmap.region("lung")
    dense, hazy = search(opaque, labelmap, (known,))
    assert not dense.mask.any()
    assert not hazy.mask.any()


def test_enhanced_vessel_is_not_consolidation() -> None:
    volume, labelmap = chest_phantom(SHAPE, SPACING)
    dense, _ = search(with_ball(volume, PLACE, 40.0, 300.0, labelmap.region("lung")), labelmap)
    assert not dense.mask.any()


def test_shallow_inspiration_is_not_ground_glass() -> None:
    volume, labelmap = chest_phantom(SHAPE, SPACING)
    hu = volume.hu.copy()
    hu[labelmap.region("lung")] += np.int16(190)
    _, hazy = search(replace(volume, hu=hu), labelmap)
    assert not hazy.mask.any()


def test_thick_slices_are_not_assessed() -> None:
    volume, labelmap = chest_phantom((38, 80, 100), (8.0, 4.0, 4.0))
    field = lung_field(volume, labelmap, 2.0)
    assert field is not None
    assert find_ground_glass(volume, field, ()) is None
    assert find_consolidation(volume, field, ()) is not None
    volume, labelmap = chest_phantom((25, 80, 100), (12.0, 4.0, 4.0))
    assert find_consolidation(volume, field, ()) is None


def test_the_real_scan_has_neither_beside_its_mass() -> None:
    volume, labelmap = lidc_scan(shared("lidc0001"))
    truth = lidc_scan(shared("lidc0001"), "lidc0001_nodules_1p5mm.nii.gz")[1].labels > 0
    dense, hazy = search(volume, labelmap, (truth,))
    assert not dense.mask.any()
    assert not hazy.mask.any()
