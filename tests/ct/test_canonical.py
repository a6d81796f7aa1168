from itertools import permutations, product

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.ct.canonical import assemble, rounded_affine, shear_degrees, tilt_degrees
from ctscribe.ct.volume import CTVolume, DicomReferences, ScanMeta, canonical_affine
from ctscribe.errors import BadScan

ORDERS = list(product(permutations(range(3)), product((False, True), repeat=3)))


def in_order(volume: CTVolume, axes: tuple[int, ...], flips: tuple[bool, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The volume's voxels with other axes first and some reversed, and the affine that says so."""
    voxels = volume.hu.transpose(axes)
    affine = np.column_stack([volume.affine[:, axes], volume.affine[:, 3]])
    for axis, flip in enumerate(flips):
        if flip:
            voxels = np.flip(voxels, axis)
            affine[:, 3] += affine[:, axis] * (voxels.shape[axis] - 1)
            affine[:, axis] = -affine[:, axis]
    return voxels, affine


def turned(affine: np.ndarray, degrees: float, axis: int) -> np.ndarray:
    """An affine rotated about one LPS axis."""
    angle = np.radians(degrees)
    a, b = [i for i in range(3) if i != axis]
    rotation = np.eye(4)
    rotation[[a, b, a, b], [a, b, b, a]] = np.cos(angle), np.cos(angle), -np.sin(angle), np.sin(angle)
    return rotation @ affine


def references(slices: int) -> DicomReferences:
    return DicomReferences("1.1", "1.2", "1.3", "1.4", tuple(f"1.5.{k}" for k in range(slices)), tuple(range(slices)))


@pytest.mark.parametrize(("axes", "flips"), ORDERS)
def test_every_axis_order_gives_the_same_bytes(axes, flips):
    truth = CTVolume(chest_phantom()[0].hu, canonical_affine((2.5, 0.703125, 0.703125), (-166.0, -171.699997, -340.0)))
    voxels, affine = in_order(truth, axes, flips)
    stored = affine.astype(np.float32)  # as NIfTI keeps it
    for given in (affine, stored):
        volume = assemble(voxels, given, ScanMeta())
        assert volume.hu.flags.c_contiguous
        assert volume.hu.tobytes() == truth.hu.tobytes()
        assert volume.affine.tobytes() == assemble(truth.hu, truth.affine, ScanMeta()).affine.tobytes()
        assert np.allclose(volume.affine, truth.affine, atol=0.01)


def test_rounding_survives_float32_in_nearly_every_scan(rng):
    shape, agree, trials = (300, 512, 512), 0, 300
    for _ in range(trials):
        spacing = (float(rng.integers(5, 50)) / 10, *[float(rng.integers(250, 500)) / 512] * 2)
        affine = canonical_affine(spacing, tuple(np.round(rng.uniform(-400, 400, 3), 4)))
        far = affine.copy()
        far[:, 3] += far[:, 0] * (shape[0] - 1)
        far[:, 0] *= -1
        far = far.astype(np.float32).astype(np.float64)
        far[:, 3] += far[:, 0] * (shape[0] - 1)
        far[:, 0] *= -1
        agree += rounded_affine(affine, shape).tobytes() == rounded_affine(far, shape).tobytes()
    assert agree >= 0.97 * trials


def test_rounding_moves_no_voxel_by_more_than_a_hundredth_of_a_millimetre(rng):
    for _ in range(50):
        shape = (300, 512, 512)
        affine = turned(canonical_affine((1.23456789, 0.703125, 0.8203125), tuple(rng.uniform(-400, 400, 3))), 0.7, 2)
        corners = np.array([[0, 0, 0, 1], [299, 511, 511, 1]]).T
        moved = (rounded_affine(affine, shape) - affine) @ corners
        assert np.abs(moved).max() < 0.015


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_oblique_scan_is_resampled_where_it_lies(axis):
    upright = chest_phantom(noise=0)[0]
    oblique = turned(upright.affine, 12, axis)
    volume = assemble(upright.hu, oblique, ScanMeta(dicom=references(60)))
    assert tilt_degrees(volume.affine) < 1e-6
    assert volume.meta.repairs == ("The scan was acquired 12.0° off the patient's axes and was resampled onto them.",)
    assert not volume.meta.dicom.aligned
    # The liver's centre stays where the rotation put it.
    for drawn in [(-60.0, 0.0, -130.0), (80.0, 0.0, 20.0)]:
        index = np.linalg.solve(upright.affine, [*drawn, 1.0])
        z, y, x = (round(v) for v in volume.index(tuple(oblique @ index)[:3]))
        expected = upright.hu[tuple(np.rint(index[:3]).astype(int))]
        assert abs(int(volume.hu[z, y, x]) - int(expected)) <= 1


def test_below_a_degree_the_rotation_stays(rng):
    upright = chest_phantom()[0]
    volume = assemble(upright.hu, turned(upright.affine, 0.8, 2), ScanMeta())
    assert np.array_equal(volume.hu, upright.hu)
    assert tilt_degrees(volume.affine) == pytest.approx(0.8, abs=1e-3)
    assert volume.meta.repairs == ()


def test_a_sheared_scan_is_resampled():
    upright = chest_phantom(noise=0)[0]
    sheared = upright.affine.copy()
    sheared[1, 0] += 0.05 * sheared[2, 0]
    assert shear_degrees(sheared) == pytest.approx(np.degrees(np.arctan(0.05)), rel=1e-3)
    volume = assemble(upright.hu, sheared, ScanMeta())
    assert "resampled" in volume.meta.repairs[0]
    assert shear_degrees(volume.affine) < 1e-6


def test_slice_references_follow_the_slices():
    truth = chest_phantom()[0]
    voxels, affine = in_order(truth, (0, 1, 2), (True, False, True))
    volume = assemble(voxels, affine, ScanMeta(dicom=references(60)))
    assert volume.meta.dicom.aligned
    assert volume.meta.dicom.sop_instance_uids[0] == "1.5.59"
    assert volume.meta.dicom.frame_numbers == tuple(range(60))[::-1]
    voxels, affine = in_order(truth, (2, 1, 0), (False, False, False))
    volume = assemble(voxels, affine, ScanMeta(dicom=references(100)))
    assert not volume.meta.dicom.aligned
    assert volume.meta.dicom.sop_instance_uids[0] == "1.5.0"


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64, np.float32, np.float64])
def test_whole_numbers_become_int16_whatever_the_type(dtype):
    truth = chest_phantom()[0]
    volume = assemble(truth.hu.astype(dtype), truth.affine, ScanMeta())
    assert volume.hu.dtype == np.int16
    assert np.array_equal(volume.hu, truth.hu)


def test_fractions_stay_float32():
    truth = chest_phantom()[0]
    volume = assemble(truth.hu + np.float64(0.25), truth.affine, ScanMeta())
    assert volume.hu.dtype == np.float32
    assert np.array_equal(volume.hu, truth.hu + np.float32(0.25))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda affine: affine * np.nan, "bad-geometry"),
        (lambda affine: affine[:, [0, 0, 2, 3]], "bad-geometry"),
        (lambda affine: affine @ np.diag([1, 0, 1, 1]), "bad-spacing"),
        (lambda affine: affine @ np.diag([100, 1, 1, 1]), "bad-spacing"),
    ],
)
def test_impossible_geometry_is_refused(change, code):
    truth = chest_phantom()[0]
    with pytest.raises(BadScan) as refused:
        assemble(truth.hu, change(truth.affine), ScanMeta())
    assert refused.value.code == code
