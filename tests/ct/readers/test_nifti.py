import gzip
import time
from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
from conftest import shared
from phantoms import chest_phantom

from ctscribe.ct.readers.nifti import read_nifti
from ctscribe.ct.volume import CTVolume, canonical_affine

RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
ORDERS = list(product(permutations(range(3)), product((False, True), repeat=3)))


@pytest.fixture(scope="module")
def chest() -> CTVolume:
    return CTVolume(chest_phantom()[0].hu, canonical_affine((2.5, 0.703125, 0.703125), (-166.0, -171.699997, -340.0)))


def image(volume: CTVolume, dtype: type = np.int16) -> nib.Nifti1Image:
    """As NIfTI with array axes (x, y, z)."""
    affine = RAS @ volume.affine[:, [2, 1, 0, 3]]
    return nib.Nifti1Image(volume.hu.T.astype(dtype), affine, dtype=dtype)


@pytest.mark.parametrize(("axes", "flips"), ORDERS)
def test_every_axis_order(chest, tmp_path, axes, flips):
    ornt = np.column_stack([np.argsort(axes), np.where(flips, -1, 1)])
    turned = image(chest).as_reoriented(ornt)
    turned.to_filename(tmp_path / "scan.nii")
    volume = read_nifti(tmp_path / "scan.nii")
    assert volume.hu.tobytes() == chest.hu.tobytes()
    assert np.allclose(volume.affine, chest.affine, atol=0.01)
    image(chest).to_filename(tmp_path / "straight.nii")
    assert volume.affine.tobytes() == read_nifti(tmp_path / "straight.nii").affine.tobytes()
    assert volume.meta.format == "nifti"


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_versions_types_byte_orders_and_compression(chest, tmp_path, kind, dtype, order, name):
    straight = image(chest)
    header = kind.header_class(endianness=order)
    written = kind(np.asarray(straight.dataobj).astype(dtype), straight.affine, header=header)
    written.set_data_dtype(np.dtype(dtype).newbyteorder(order))
    written.to_filename(tmp_path / name)
    volume = read_nifti(tmp_path / name)
    assert volume.hu.dtype == np.int16
    assert np.array_equal(volume.hu, chest.hu)


@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (2, 0), (0.5, -100.0), (1, 0), (0, 5), (np.nan, np.nan)])
def test_scaling_is_applied_once(chest, tmp_path, slope, intercept):
    stored = chest.hu.T.astype(np.int16)
    apply = np.isfinite(slope) and slope != 0
    if apply:
        stored = np.rint((stored - intercept) / slope).astype(np.int16)
    written = nib.Nifti1Image(stored, image(chest).affine)
    file = bytearray(written.to_bytes())
    file[112:120] = np.array([slope, intercept], dtype="<f4").tobytes()
    (tmp_path / "scan.nii").write_bytes(file)
    volume = read_nifti(tmp_path / "scan.nii")
    expected = stored.T * slope + intercept if apply else stored.T
    assert np.allclose(volume.hu, np.maximum(expected, -1024), atol=1e-3)
    assert volume.hu.dtype == np.int16 if float(slope).is_integer() or not apply else np.float32


def test_qform_alone_is_used(chest, tmp_path):
    written = image(chest)
    written.set_qform(written.affine, code=1)
    written.set_sform(None, code=0)
    written.to_filename(tmp_path / "scan.nii")
    volume = read_nifti(tmp_path / "scan.nii")
    assert np.array_equal(volume.hu, chest.hu)
    assert np.allclose(volume.affine, chest.affine, atol=0.01)


def test_a_fourth_axis_of_one(chest, tmp_path):
    written = nib.Nifti1Image(chest.hu.T[..., None], image(chest).affine)
    written.to_filename(tmp_path / "scan.nii")
    assert np.array_equal(read_nifti(tmp_path / "scan.nii").hu, chest.hu)


@pytest.mark.parametrize(
    ("unit", "factor", "said"), [("meter", 0.001, True), ("micron", 1000, True), ("unknown", 1, False)]
)
def test_other_units_become_mm(chest, tmp_path, unit, factor, said):
    written = image(chest)
    written = nib.Nifti1Image(np.asarray(written.dataobj), np.diag([factor, factor, factor, 1]) @ written.affine)
    written.header.set_xyzt_units(unit)
    written.to_filename(tmp_path / "scan.nii")
    volume = read_nifti(tmp_path / "scan.nii")
    assert np.allclose(volume.spacing, chest.spacing, atol=1e-4)
    assert bool(volume.meta.repairs) == said


def test_two_voxel_sizes_are_warned_of(chest, tmp_path):
    written = image(chest)
    written.header.set_zooms((0.703125, 0.703125, 5.0))
    file = bytearray(written.to_bytes())
    file[88:92] = np.array([5.0], dtype="<f4").tobytes()
    (tmp_path / "scan.nii").write_bytes(file)
    volume = read_nifti(tmp_path / "scan.nii")
    assert volume.spacing[0] == 2.5
    assert "two voxel sizes" in volume.meta.warnings[0]


def test_several_gzip_members_are_one_file(chest, tmp_path):
    file = image(chest).to_bytes()
    (tmp_path / "scan.nii.gz").write_bytes(gzip.compress(file[:5000]) + gzip.compress(file[5000:]))
    assert np.array_equal(read_nifti(tmp_path / "scan.nii.gz").hu, chest.hu)


def test_the_real_scan_against_nibabel():
    path = shared("lidc0001/lidc0001_ct_1p5mm.nii.gz")
    started = time.perf_counter()
    volume = read_nifti(path)
    assert time.perf_counter() - started < 10
    truth = nib.as_closest_canonical(nib.load(path))  # RAS
    assert np.array_equal(volume.hu, np.asanyarray(truth.dataobj)[::-1, ::-1].T)
    corner = RAS @ truth.affine @ [truth.shape[0] - 1, truth.shape[1] - 1, 0, 1]
    assert np.allclose(volume.position((0, 0, 0)), corner[:3], atol=0.01)
    assert volume.meta.repairs == volume.meta.warnings == ()
