import nibabel as nib
import numpy as np
import pytest
from conftest import shared
from phantoms import chest_phantom

from ctscribe.ct.canonical import assemble
from ctscribe.ct.field_of_view import assess_field_of_view
from ctscribe.ct.resampling import resample
from ctscribe.ct.volume import CTVolume, ScanMeta, canonical_affine

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
TESTS = "totalsegmentator_tests"


def real(name: str) -> CTVolume:
    image = nib.load(shared(name))
    return assemble(np.asanyarray(image.dataobj), RAS_TO_LPS @ image.affine, ScanMeta())


@pytest.fixture(scope="module")
def lidc() -> CTVolume:
    return real("lidc0001/lidc0001_ct_1p5mm.nii.gz")


def part(volume: CTVolume, low_mm: float, high_mm: float) -> CTVolume:
    """The slices between two heights above the lowest."""
    z = volume.spacing[0]
    return CTVolume(np.ascontiguousarray(volume.hu[round(low_mm / z) : round(high_mm / z)]), volume.affine)


def changed(volume: CTVolume, hu: np.ndarray) -> CTVolume:
    return CTVolume(hu.astype(np.int16), volume.affine)


def test_the_drawn_chest():
    volume, labelmap = chest_phantom()
    seen = assess_field_of_view(volume)
    assert (seen.region, seen.is_chest, seen.lungs_complete, seen.limits) == ("chest", True, True, ())
    assert seen.lung_ml == pytest.approx(labelmap.region("lung").sum() * volume.voxel_ml, rel=0.05)


@pytest.mark.parametrize("spacing", [(8.0, 0.9, 0.9), (1.0, 2.0, 2.0), (5.0, 5.0, 5.0)])
def test_the_voxel_size_does_not_matter(spacing):
    volume = chest_phantom(shape=(60, 80, 100))[0]
    seen = assess_field_of_view(resample(volume, spacing=spacing))
    assert seen.is_chest and seen.lungs_complete
    assert seen.lung_ml == pytest.approx(assess_field_of_view(volume).lung_ml, rel=0.05)


def test_lungs_cut_above_below_and_beside():
    volume = chest_phantom()[0]
    top, bottom = assess_field_of_view(part(volume, 0, 230)), assess_field_of_view(part(volume, 110, 300))
    assert top.limits == ("the lung apices are cut off",)
    assert bottom.limits == ("the lung bases are cut off",)
    assert top.lungs_complete is False and bottom.lungs_complete is False
    crop = CTVolume(np.ascontiguousarray(volume.hu[:, 15:-15, 25:-25]), volume.affine)
    seen = assess_field_of_view(crop)
    assert seen.region == "cropped chest" and seen.is_chest and seen.lungs_complete is False
    assert any("cropped" in limit for limit in seen.limits)


def test_body_wider_than_the_field_of_view():
    volume = chest_phantom()[0]
    narrow = CTVolume(np.ascontiguousarray(volume.hu[:, :, 10:-10]), volume.affine)
    seen = assess_field_of_view(narrow)
    assert seen.lungs_complete
    assert seen.limits == ("part of the chest wall or shoulders lies outside the field of view",)


def test_abdomen_head_and_nothing():
    volume = chest_phantom()[0]
    lower = assess_field_of_view(part(volume, 0, 95))
    assert not lower.is_chest and lower.region == "abdomen" and lower.lungs_complete is None
    z, y, x = np.meshgrid(*[np.linspace(-150, 150, 60)] * 3, indexing="ij")
    radius = np.sqrt((x / 75) ** 2 + (y / 95) ** 2 + (z / 110) ** 2)
    head = np.where(radius < 0.9, 35, np.where(radius < 1, 900, -1000)).astype(np.int16)
    seen = assess_field_of_view(CTVolume(head, canonical_affine((5.1, 5.1, 5.1))))
    assert not seen.is_chest and seen.region == "head or neck"
    seen = assess_field_of_view(CTVolume(np.full((20, 30, 30), -1000, np.int16), canonical_affine((5.0, 5.0, 5.0))))
    assert not seen.is_chest and seen.region == "unknown" and seen.lung_ml == 0


def test_one_white_lung_is_still_a_chest():
    volume, labelmap = chest_phantom()
    hu = volume.hu.copy()
    hu[labelmap.mask("lung_upper_lobe_left", "lung_lower_lobe_left")] = 15
    seen = assess_field_of_view(changed(volume, hu))
    assert seen.is_chest and seen.region == "chest"


def test_bowel_gas_is_no_lung():
    volume, labelmap = chest_phantom()
    hu = volume.hu.copy()
    hu[labelmap.region("lung")] = 40
    hu[4:30, 30:45, 20:80] = -1000
    seen = assess_field_of_view(changed(volume, hu))
    assert not seen.is_chest and seen.lung_ml == 0


def test_air_and_foam_beside_the_body_are_no_lung():
    volume = chest_phantom()[0]
    hu = volume.hu.copy()
    hu[:, 72:76, 10:90] = -850
    hu[:, 77:79, 5:95] = 100
    assert assess_field_of_view(changed(volume, hu)).lung_ml == pytest.approx(
        assess_field_of_view(volume).lung_ml, rel=0.02
    )


def test_lidc0001_is_a_chest(lidc):
    seen = assess_field_of_view(lidc)
    assert seen.is_chest and seen.lungs_complete
    assert 3400 < seen.lung_ml < 3900
    assert seen.limits == ("part of the chest wall or shoulders lies outside the field of view",)


def test_emphysema_is_still_lung(lidc):
    hu = lidc.hu.astype(np.int32)
    lung = (hu < -500) & (hu > -970)
    hu[lung] = np.maximum(hu[lung] - 90, -985)
    assert assess_field_of_view(changed(lidc, hu)).lungs_complete


def test_lower_part_of_lidc0001_is_no_chest(lidc):
    for height in (90, 120, 150):
        assert not assess_field_of_view(part(lidc, 0, height)).is_chest


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("example_ct.nii.gz", "abdomen and pelvis"),
        ("example_ct_sm.nii.gz", "abdomen"),
        ("aorta_report/test_result/models/ct_cropped.nii.gz", "cropped chest"),
        ("pulmonary_report/models/ct_cropped.nii.gz", "cropped chest"),
    ],
)
def test_reference_scans(name, region):
    seen = assess_field_of_view(real(f"{TESTS}/{name}"))
    assert seen.region == region
    assert seen.is_chest == ("chest" in region)
    assert seen.lungs_complete is (False if seen.is_chest else None)
