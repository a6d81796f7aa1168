from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from bad_inputs.files import metaimage_header, nrrd_header, raw, voxels
from conftest import shared
from phantoms import chest_phantom

from ctscribe.ct.readers.itk import read_itk
from ctscribe.ct.readers.nifti import read_nifti
from ctscribe.ct.volume import CTVolume, canonical_affine

ORDERS = list(product(permutations(range(3)), product((False, True), repeat=3)))
SUFFIXES = ["nrrd", "nhdr", "mha", "mhd"]


@pytest.fixture(scope="module")
def chest() -> CTVolume:
    return CTVolume(chest_phantom()[0].hu, canonical_affine((2.5, 0.703125, 0.703125), (-166.0, -171.699997, -340.0)))


def image(volume: CTVolume, axes: tuple[int, ...] = (0, 1, 2), flips: tuple[bool, ...] = (False,) * 3) -> sitk.Image:
    """As SimpleITK would hold it, with other array axes first and some reversed."""
    hu = volume.hu.transpose(axes)
    affine = np.column_stack([volume.affine[:, axes], volume.affine[:, 3]])
    for axis, flip in enumerate(flips):
        if flip:
            hu = np.flip(hu, axis)
            affine[:, 3] += affine[:, axis] * (hu.shape[axis] - 1)
            affine[:, axis] *= -1
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    made = sitk.GetImageFromArray(np.ascontiguousarray(hu))
    made.SetSpacing(spacing[::-1].tolist())
    made.SetDirection((affine[:3, :3] / spacing)[:, ::-1].ravel().tolist())
    made.SetOrigin(affine[:3, 3].tolist())
    return made


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
@pytest.mark.parametrize(("axes", "flips"), ORDERS)
def test_every_axis_order(chest, tmp_path, axes, flips, suffix):
    sitk.WriteImage(image(chest, axes, flips), tmp_path / f"scan.{suffix}")
    volume = read_itk(tmp_path / f"scan.{suffix}")
    assert volume.hu.tobytes() == chest.hu.tobytes()
    assert np.allclose(volume.affine, chest.affine, atol=0.01)
    sitk.WriteImage(image(chest), tmp_path / "straight.nii")
    assert volume.affine.tobytes() == read_nifti(tmp_path / "straight.nii").affine.tobytes()
    assert volume.meta.format == ("nrrd" if suffix == "nrrd" else "metaimage")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", [sitk.sitkInt16, sitk.sitkInt32, sitk.sitkFloat32, sitk.sitkFloat64])
def test_what_simpleitk_writes(chest, tmp_path, suffix, compressed, kind):
    sitk.WriteImage(sitk.Cast(image(chest), kind), tmp_path / f"scan.{suffix}", compressed)
    volume = read_itk(tmp_path / f"scan.{suffix}")
    assert volume.hu.dtype == np.int16
    assert np.array_equal(volume.hu, chest.hu)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_a_real_scan_against_simpleitk(tmp_path, suffix):
    truth = sitk.ReadImage(shared("totalsegmentator_tests/example_ct_sm.nii.gz"))
    for key in truth.GetMetaDataKeys():
        truth.EraseMetaData(key)
    sitk.WriteImage(truth, tmp_path / f"scan.{suffix}", True)
    volume = read_itk(tmp_path / f"scan.{suffix}")
    upright = sitk.DICOMOrient(sitk.ReadImage(tmp_path / f"scan.{suffix}"), "LPS")
    assert np.array_equal(volume.hu, np.maximum(sitk.GetArrayFromImage(upright), -1024))
    assert np.allclose(volume.position((0, 0, 0)), upright.GetOrigin(), atol=0.01)
    assert np.allclose(volume.spacing[::-1], upright.GetSpacing(), atol=1e-4)


def written(path: Path, header: str, body: bytes) -> CTVolume:
    path.write_bytes(header.encode() + body)
    return read_itk(path)


@pytest.mark.parametrize(
    ("space", "signs"), [("right-anterior-superior", (-1, -1, 1)), ("LAS", (1, -1, 1)), ("LPS", (1, 1, 1))]
)
def test_nrrd_spaces(tmp_path, space, signs):
    volume = written(tmp_path / "scan.nrrd", nrrd_header(space=space), raw())
    turned = np.diag([*signs, 1]) @ [[4, 0, 0, -198], [0, 4, 0, -158], [0, 0, 5, -147.5], [0, 0, 0, 1]]
    index = (70, 20, 30)
    x, y, z = (turned @ [*index, 1])[:3]
    found = tuple(round(i) for i in volume.index((float(x), float(y), float(z))))
    assert volume.hu[found] == voxels()[index]
    assert volume.spacing == (5.0, 4.0, 4.0)


@pytest.mark.parametrize("order", ["little", "big"])
def test_byte_orders(tmp_path, order):
    body = voxels().astype("<i2" if order == "little" else ">i2").tobytes(order="F")
    nrrd = written(tmp_path / "scan.nrrd", nrrd_header(endian=order), body)
    meta = written(tmp_path / "scan.mha", metaimage_header(BinaryDataByteOrderMSB=str(order == "big")), body)
    assert np.array_equal(nrrd.hu, voxels().T)
    assert np.array_equal(meta.hu, voxels().T)


def test_skipped_bytes(tmp_path):
    assert np.array_equal(written(tmp_path / "a.nrrd", nrrd_header(byte_skip="17"), bytes(17) + raw()).hu, voxels().T)
    assert np.array_equal(written(tmp_path / "b.nrrd", nrrd_header(byte_skip="-1"), bytes(99) + raw()).hu, voxels().T)
    assert np.array_equal(
        written(tmp_path / "c.mha", metaimage_header(HeaderSize="-1"), bytes(9) + raw()).hu, voxels().T
    )


def test_comments_and_pairs_in_an_nrrd_header(tmp_path):
    header = nrrd_header().replace("type:", "# a comment\npatient:=nobody\r\ntype:")
    assert np.array_equal(written(tmp_path / "scan.nrrd", header, raw()).hu, voxels().T)


def test_a_data_file_in_a_folder_below(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "voxels.raw").write_bytes(raw())
    volume = written(tmp_path / "scan.mhd", metaimage_header(ElementDataFile="data/voxels.raw"), b"")
    assert np.array_equal(volume.hu, voxels().T)
