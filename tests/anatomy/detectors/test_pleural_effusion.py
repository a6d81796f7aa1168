"""Pleural fluid put behind a lung, and scans that have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from inserted import with_dependent_fluid
from lidc import lidc_scan
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.found import Found
from ctscribe.anatomy.detectors.lung_field import lung_field
from ctscribe.anatomy.detectors.pleural_effusion import find_pleural_effusion
from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import Lesion, measure_lesions
from ctscribe.ct.volume import CTVolume

SHAPE, SPACING = (75, 128, 160), (4.0, 2.5, 2.5)
RIGHT = tuple(lobe for lobe in LOBES if lobe.endswith("right"))
LEFT = tuple(lobe for lobe in LOBES if lobe.endswith("left"))


def found_in(volume: CTVolume, labelmap: LabelMap) -> tuple[Lesion, ...]:
    found = search(volume, labelmap)
    assert found is not None
    lesions = replace(labelmap, lesions={"pleural_effusion": found.mask}, detections=found.detections)
    return tuple(item for item in measure_lesions(lesions, volume) if item.kind == "pleural_effusion")


def search(volume: CTVolume, labelmap: LabelMap) -> Found | None:
    field = lung_field(volume, labelmap, 2.0, 40.0)
    assert field is not None
    return find_pleural_effusion(volume, labelmap, field)


def test_a_healthy_chest_has_none() -> None:
    assert found_in(*chest_phantom(SHAPE, SPACING, noise=30.0)) == ()


@pytest.mark.parametrize(("lobes", "side", "ml"), [(RIGHT, "pleura_right", 150.0), (LEFT, "pleura_left", 800.0)])
def test_fluid_is_found_on_its_side_only(
    rng: np.random.Generator, lobes: tuple[str, ...], side: str, ml: float
) -> None:
    volume, labelmap, fluid = with_dependent_fluid(*chest_phantom(SHAPE, SPACING), lobes, ml, rng)
    (lesion,) = found_in(volume, labelmap)
    assert lesion.sub_region == side
    assert lesion.volume_ml == pytest.approx(fluid.sum() * volume.voxel_ml, rel=0.25)
    assert -5 < lesion.mean_hu < 25
    assert lesion.confidence == 1.0


def test_fluid_in_front_of_the_lung_and_dense_fluid_are_not_claimed(rng: np.random.Generator) -> None:
    volume, labelmap, fluid = with_dependent_fluid(*chest_phantom(SHAPE, SPACING), RIGHT, 200.0, rng)
    dense = volume.hu.copy()
    dense[fluid] += np.int16(40)
    assert found_in(replace(volume, hu=dense), labelmap) == ()
    hu, labels = volume.hu[:, ::-1].copy(), labelmap.labels[:, ::-1].copy()
    assert found_in(replace(volume, hu=hu), replace(labelmap, labels=labels)) == ()


def test_thick_slices_are_not_assessed() -> None:
    assert search(*chest_phantom((25, 80, 100), (12.0, 4.0, 4.0))) is None


def test_the_real_scan_has_none_until_fluid_is_put_in(rng: np.random.Generator) -> None:
    volume, labelmap = lidc_scan(shared("lidc0001"))
    assert found_in(volume, labelmap) == ()
    wet, drained, fluid = with_dependent_fluid(volume, labelmap, RIGHT, 200.0, rng)
    (lesion,) = found_in(wet, drained)
    assert lesion.sub_region == "pleura_right"
    assert lesion.volume_ml == pytest.approx(fluid.sum() * volume.voxel_ml, rel=0.25)
