"""Lesion attributes against a slow reference written from Eq. 6–7, and against bodies of known size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from lidc import lidc_scan
from scipy import ndimage

from ctscribe.anatomy.labelmap import Detection, LabelMap
from ctscribe.anatomy.lesions import KINDS, Lesion, lesion_sentence, measure_lesions
from ctscribe.ct.volume import CTVolume, canonical_affine

SPACING = (2.5, 0.8, 0.7)
NAMES = {
    10: "lung_upper_lobe_left",
    11: "lung_lower_lobe_left",
    12: "lung_upper_lobe_right",
    13: "lung_middle_lobe_right",
    14: "lung_lower_lobe_right",
}


def blank(shape: tuple[int, int, int] = (24, 40, 48), spacing: tuple[float, float, float] = SPACING) -> LabelMap:
    """Five slabs of lobes: the left ones fill the left half, the right ones the right half."""
    labels = np.zeros(shape, dtype=np.uint8)
    half, third = shape[2] // 2, shape[0] // 3
    labels[: shape[0] // 2, :, half:], labels[shape[0] // 2 :, :, half:] = 11, 10
    labels[:third, :, :half], labels[third : 2 * third, :, :half], labels[2 * third :, :, :half] = 14, 13, 12
    return LabelMap(labels, NAMES, canonical_affine(spacing, (3.0, -7.0, 11.0)), source="drawn")


def ball(labelmap: LabelMap, centre: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Voxels whose centre is within ``radius_mm`` of an array index."""
    spacing = np.linalg.norm(labelmap.affine[:3, :3], axis=0)
    grid = np.indices(labelmap.labels.shape)
    distance = sum(((grid[k] - centre[k]) * spacing[k]) ** 2 for k in range(3))
    return distance <= radius_mm**2


def slow_attributes(region: np.ndarray, lesion: np.ndarray, spacing: tuple[float, float, float]) -> tuple[float, float]:
    """Eq. 6–7 word for word: largest component of A_r ∩ L_k, voxel count × voxel size, longest in-plane box side."""
    numbers, count = ndimage.label(region & lesion, np.ones((3, 3, 3)))
    best = (0.0, 0.0)
    for number in range(1, count + 1):
        voxels = [tuple(v) for v in np.argwhere(numbers == number)]
        volume = len(voxels) * spacing[0] * spacing[1] * spacing[2] / 1000
        sides = [(max(v[k] for v in voxels) - min(v[k] for v in voxels) + 1) * spacing[k] for k in (1, 2)]
        best = max(best, (volume, max(sides)))
    return best


@pytest.mark.parametrize("density", [0.02, 0.1, 0.2])
def test_random_masks_match_equations_6_and_7(rng: np.random.Generator, density: float) -> None:
    labelmap = blank()
    mask = rng.random(labelmap.labels.shape) < density
    found = measure_lesions(replace(labelmap, lesions={"lung_nodule": mask}))
    assert {lesion.sub_region for lesion in found} == set(NAMES.values())
    for lesion in found:
        volume, diameter = slow_attributes(labelmap.mask(lesion.sub_region), mask, SPACING)
        assert lesion.volume_ml == pytest.approx(volume)
        assert lesion.diameter_mm == pytest.approx(diameter)


def test_every_component_is_counted_once(rng: np.random.Generator) -> None:
    labelmap = blank()
    mask = rng.random(labelmap.labels.shape) < 0.03
    found = measure_lesions(replace(labelmap, lesions={"lung_nodule": mask}), all_components=True, minimum_ml=0.0)
    _, count = ndimage.label(mask, np.ones((3, 3, 3)))
    assert len(found) == count
    assert sum(lesion.volume_ml for lesion in found) == pytest.approx(mask.sum() * np.prod(SPACING) / 1000)
    assert [lesion.volume_ml for lesion in found] == sorted((lesion.volume_ml for lesion in found), reverse=True)


@pytest.mark.parametrize("radius", [4.0, 9.0, 12.5])
def test_ball_of_known_size(radius: float) -> None:
    labelmap = blank((40, 60, 60), (1.5, 1.0, 1.0))
    mask = ball(labelmap, (10.0, 30.0, 45.0), radius)
    (lesion,) = measure_lesions(replace(labelmap, lesions={"lung_nodule": mask}))
    assert lesion.sub_region == "lung_lower_lobe_left"
    assert lesion.diameter_mm == pytest.approx(2 * radius, abs=1.0)
    assert lesion.volume_ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.06)
    assert lesion.centroid_mm == pytest.approx((3 + 45.0, -7 + 30.0, 11 + 10 * 1.5), abs=0.5)
    assert lesion.key_slice == 10


def test_box_of_known_size_and_its_slices() -> None:
    labelmap = blank()
    mask = np.zeros(labelmap.labels.shape, dtype=bool)
    mask[3:8, 10:20, 30:37] = True
    mask[5, 8:20, 30:37] = True
    (lesion,) = measure_lesions(replace(labelmap, lesions={"consolidation": mask}))
    assert lesion.diameter_mm == pytest.approx(12 * 0.8)
    assert lesion.volume_ml == pytest.approx((5 * 10 * 7 + 2 * 7) * 2.5 * 0.8 * 0.7 / 1000)
    assert (lesion.slices, lesion.key_slice, lesion.box) == ((3, 7), 5, ((3, 7), (8, 19), (30, 36)))
    (tall,) = measure_lesions(replace(labelmap, lesions={"consolidation": mask}), axes="all")
    assert tall.diameter_mm == pytest.approx(5 * 2.5)


def test_fluid_layer_is_split_at_the_midline() -> None:
    labelmap = blank()
    mask = np.zeros(labelmap.labels.shape, dtype=bool)
    mask[2:12, 30:38, 4:44] = True
    for every in (False, True):
        left, right = sorted(
            measure_lesions(replace(labelmap, lesions={"pleural_effusion": mask}), all_components=every),
            key=lambda lesion: lesion.sub_region,
        )
        assert (left.sub_region, right.sub_region) == ("pleura_left", "pleura_right")
        assert left.volume_ml + right.volume_ml == pytest.approx(mask.sum() * np.prod(SPACING) / 1000)
        assert left.volume_ml == pytest.approx(right.volume_ml, rel=0.06)


def test_nodule_across_a_fissure_is_one_nodule() -> None:
    labelmap = blank()
    mask = ball(labelmap, (13.0, 20.0, 36.0), 6.0)
    lesions = replace(labelmap, lesions={"lung_nodule": mask})
    (whole,) = measure_lesions(lesions, all_components=True)
    assert whole.sub_region == "lung_upper_lobe_left"
    upper, lower = measure_lesions(lesions)
    assert upper.volume_ml + lower.volume_ml == pytest.approx(whole.volume_ml)


def test_lesion_outside_every_guidance_region() -> None:
    labelmap = blank()
    labels = labelmap.labels.copy()
    labels[:, :, 44:] = 0
    mask = np.zeros(labels.shape, dtype=bool)
    mask[4:8, 5:10, 45:48] = True
    lesions = replace(labelmap, labels=labels, lesions={"lung_nodule": mask})
    assert measure_lesions(lesions) == ()
    (nearest,) = measure_lesions(lesions, all_components=True)
    assert nearest.sub_region == "lung_lower_lobe_left"


def test_specks_are_noise_only_where_every_component_is_listed() -> None:
    labelmap = blank()
    mask = np.zeros(labelmap.labels.shape, dtype=bool)
    mask[4, 5, 40] = True
    lesions = replace(labelmap, lesions={"lung_nodule": mask})
    assert len(measure_lesions(lesions)) == 1
    assert measure_lesions(lesions, all_components=True) == ()
    assert measure_lesions(lesions, minimum_ml=0.1) == ()


def test_empty_masks_and_absent_kinds_give_nothing() -> None:
    labelmap = blank()
    nothing = np.zeros(labelmap.labels.shape, dtype=bool)
    assert measure_lesions(labelmap) == ()
    assert measure_lesions(replace(labelmap, lesions=dict.fromkeys(KINDS, nothing)), all_components=True) == ()


def test_kidney_cysts_given_as_organ_classes() -> None:
    labelmap = blank()
    labels = np.zeros_like(labelmap.labels)
    labels[3:15, 10:30, 30:44], labels[6:9, 14:18, 34:38] = 3, 23
    found = measure_lesions(replace(labelmap, labels=labels, names={3: "kidney_left", 23: "kidney_cyst_left"}))
    (cyst,) = found
    assert (cyst.kind, cyst.sub_region, cyst.region) == ("kidney_cyst", "kidney_left", "abdomen")
    assert cyst.volume_ml == pytest.approx(3 * 4 * 4 * np.prod(SPACING) / 1000)


def test_mean_attenuation_source_and_confidence() -> None:
    labelmap = blank()
    mask = ball(labelmap, (5.0, 20.0, 36.0), 5.0) | ball(labelmap, (18.0, 20.0, 10.0), 4.0)
    hu = np.full(mask.shape, -850, dtype=np.int16)
    hu[:12][mask[:12]] = 30
    volume = CTVolume(hu, labelmap.affine)
    detection = Detection("lung_nodule", (5, 20, 36), "a detector", 0.75)
    large, small = measure_lesions(
        replace(labelmap, lesions={"lung_nodule": mask}, detections=(detection,)), volume, all_components=True
    )
    assert (large.mean_hu, large.source, large.confidence) == (30.0, "a detector", 0.75)
    assert (small.mean_hu, small.source, small.confidence) == (-850.0, "drawn", None)


def test_attribute_sentence() -> None:
    lesion = Lesion(
        kind="lung_nodule",
        region="lung",
        sub_region="lung_lower_lobe_left",
        volume_ml=7.4081,
        diameter_mm=31.46,
        centroid_mm=(0.0, 0.0, 0.0),
        slices=(1, 2),
        key_slice=1,
        box=((1, 2), (0, 1), (0, 1)),
        mean_hu=None,
        source="drawn",
    )
    assert lesion_sentence(lesion) == ("lung nodule: diameter 31.5 mm, volume 7.4 mL, location lung lower lobe left")


def test_readers_outline_of_the_real_mass() -> None:
    volume, labelmap = lidc_scan(shared("lidc0001"))
    truth = lidc_scan(shared("lidc0001"), "lidc0001_nodules_1p5mm.nii.gz")[1].labels > 0
    found = measure_lesions(replace(labelmap, lesions={"lung_nodule": truth}), volume, all_components=True)
    mass = found[0]
    assert mass.sub_region == "lung_lower_lobe_left"
    assert mass.diameter_mm == pytest.approx(31.5)
    assert mass.volume_ml == pytest.approx(7.41, abs=0.01)
