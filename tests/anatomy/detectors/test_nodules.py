"""Nodules put into a drawn chest, and the mass of the real one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from inserted import distance_from, with_ball
from lidc import lidc_scan
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.lung_field import lung_field
from ctscribe.anatomy.detectors.nodules import find_nodules
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import Lesion, measure_lesions
from ctscribe.ct.volume import CTVolume, ScanMeta

SHAPE, SPACING = (150, 214, 267), (2.0, 1.5, 1.5)
PLACES = {
    "lung_upper_lobe_left": (95.0, 0.0, 70.0),
    "lung_lower_lobe_left": (90.0, 40.0, -20.0),
    "lung_upper_lobe_right": (-80.0, 0.0, 80.0),
    "lung_middle_lobe_right": (-85.0, -40.0, -45.0),
    "lung_lower_lobe_right": (-90.0, 40.0, -30.0),
}
DIAMETERS = (6.0, 10.0, 15.0, 20.0, 30.0)


@pytest.fixture(scope="module")
def chest() -> tuple[CTVolume, LabelMap]:
    return chest_phantom(SHAPE, SPACING)


def found_in(volume: CTVolume, labelmap: LabelMap) -> tuple[tuple[Lesion, ...], tuple[str, ...]]:
    field = lung_field(volume, labelmap)
    assert field is not None
    found = find_nodules(volume, labelmap, field)
    lesions = replace(labelmap, lesions={"lung_nodule": found.mask}, detections=found.detections)
    return measure_lesions(lesions, volume, all_components=True), found.notes


@pytest.mark.parametrize("shift", [0, 2])
def test_nodules_of_6_to_30_mm_are_found_in_their_lobes(chest: tuple[CTVolume, LabelMap], shift: int) -> None:
    volume, labelmap = chest
    sizes = dict(zip(PLACES, np.roll(DIAMETERS, shift), strict=True))
    for lobe, position in PLACES.items():
        volume = with_ball(volume, position, sizes[lobe], 40, labelmap.region("lung"))
    lesions, _ = found_in(volume, labelmap)
    assert sorted(lesion.sub_region for lesion in lesions) == sorted(PLACES)
    for lesion in lesions:
        size = sizes[lesion.sub_region]
        assert lesion.diameter_mm == pytest.approx(size, abs=max(1.5, 0.1 * size))
        assert lesion.centroid_mm == pytest.approx(PLACES[lesion.sub_region], abs=1.0)
        assert 0.5 <= lesion.confidence <= 1
        assert lesion.source == "embedded nodule detector"


def test_juxtapleural_nodule_that_the_lungs_leave_out(chest: tuple[CTVolume, LabelMap]) -> None:
    volume, labelmap = chest
    position = (-128.0, 10.0, 20.0)
    volume = with_ball(volume, position, 20, 40, labelmap.region("lung"))
    labels = labelmap.labels.copy()
    labels[(distance_from(volume, position) <= 10.5) & labelmap.region("lung")] = 0
    (lesion,), _ = found_in(volume, replace(labelmap, labels=labels))
    assert lesion.diameter_mm == pytest.approx(20, abs=3)


def test_vessels_are_not_nodules(chest: tuple[CTVolume, LabelMap]) -> None:
    volume, labelmap = chest
    z, y, x = (np.indices(SHAPE)[k] * SPACING[k] for k in range(3))
    hu = volume.hu.copy()
    for radius, row, slope in ((2.0, 150, 0.3), (3.0, 170, -0.4), (4.5, 130, 0.1)):
        tube = (y - row) ** 2 + (z - 160 - slope * (x - 100)) ** 2 <= radius**2
        hu[tube & labelmap.region("lung")] = 40
    lesions, _ = found_in(replace(volume, hu=hu), labelmap)
    assert lesions == ()


def test_enhanced_vessels_are_not_nodules(chest: tuple[CTVolume, LabelMap]) -> None:
    volume, labelmap = chest
    volume = with_ball(volume, PLACES["lung_lower_lobe_left"], 12, 300, labelmap.region("lung"))
    hu = volume.hu.copy()
    hu[labelmap.mask("aorta", "heart")] += np.int16(300)
    assert len(found_in(volume, labelmap)[0]) == 1
    assert found_in(replace(volume, hu=hu), labelmap)[0] == ()


def test_thick_slices_hide_small_nodules_and_say_so() -> None:
    volume, labelmap = chest_phantom((38, 160, 200), (8.0, 2.0, 2.0))
    for lobe, size in (("lung_lower_lobe_left", 10.0), ("lung_lower_lobe_right", 30.0)):
        volume = with_ball(volume, PLACES[lobe], size, 40, labelmap.region("lung"))
    (lesion,), notes = found_in(volume, labelmap)
    assert lesion.sub_region == "lung_lower_lobe_right"
    assert notes == ("Nodules below 16 mm cannot be resolved in 8.0 mm slices.",)
    thin = CTVolume(volume.hu, volume.affine, ScanMeta(slice_thickness_mm=10.0))
    assert "20 mm" in found_in(thin, labelmap)[1][0]


def test_the_real_mass_and_nothing_else() -> None:
    volume, labelmap = lidc_scan(shared("lidc0001"))
    truth = lidc_scan(shared("lidc0001"), "lidc0001_nodules_1p5mm.nii.gz")[1].labels > 0
    lesions = [lesion for lesion in found_in(volume, labelmap)[0] if lesion.kind == "lung_nodule"]
    assert len(lesions) == 1
    (mass,) = lesions
    assert mass.sub_region == "lung_lower_lobe_left"
    assert mass.diameter_mm == pytest.approx(31.5, rel=0.2)
    assert mass.volume_ml == pytest.approx(truth.sum() * volume.voxel_ml, rel=0.2)
    assert truth[tuple(round(i) for i in volume.index(mass.centroid_mm))]
