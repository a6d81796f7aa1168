from __future__ import annotations

import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from conftest import shared
from mask_phantoms import save_nifti

from ctscribe.anatomy.segmenters.mask_files import as_labels, is_mask_file, read_mask_image
from ctscribe.ct.volume import canonical_affine
from ctscribe.errors import BadMasks

AFFINE = canonical_affine((3.0, 1.0, 1.5), (10.0, -20.0, 5.0))


@pytest.fixture
def labels(rng):
    return rng.integers(0, 300, (4, 5, 6)).astype(np.uint16)


def at(image, position):
    """The label at an LPS position, whatever the file's axis order."""
    index = np.linalg.solve(image.affine, [*position, 1])[:3]
    return image.labels[tuple(np.rint(index).astype(int))]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"])
def test_every_format_puts_the_labels_where_they_are(tmp_path, labels, suffix):
    path = tmp_path / f"masks{suffix}"
    if "nii" in suffix:
        save_nifti(labels, AFFINE, path, axes=(1, 2, 0), flips=(True, False, True))
    else:
        image = sitk.GetImageFromArray(labels)
        image.SetSpacing((1.5, 1.0, 3.0))
        image.SetOrigin((10.0, -20.0, 5.0))
        sitk.WriteImage(image, str(path), useCompression=True)
    image = read_mask_image(path)
    for index in np.ndindex(labels.shape):
        assert at(image, (AFFINE @ [*index, 1])[:3]) == labels[index]
    assert is_mask_file(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64, np.int64])
def test_any_number_type_of_whole_numbers(dtype, rng):
    values = rng.integers(0, 100, (2, 3, 4)).astype(dtype)
    labels = as_labels(values, "masks")
    assert labels.dtype == np.uint8 and np.array_equal(labels, values)
    assert as_labels(np.full((1, 1, 1), 256), "masks").dtype == np.uint16
    assert as_labels(values[..., None, None], "masks").shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.full((2, 2, 2), 0.5), "masks-not-labels"),
        (np.full((2, 2, 2), -1), "masks-not-labels"),
        (np.full((2, 2, 2), 65536), "masks-not-labels"),
        (np.full((2, 2, 2), np.nan), "masks-not-labels"),
        (np.full((2, 2, 2), np.inf), "masks-not-labels"),
        (np.zeros((0, 2, 2)), "masks-not-labels"),
        (np.zeros((2, 2, 2), dtype=complex), "masks-not-labels"),
        (np.zeros((2, 2)), "masks-not-3d"),
        (np.zeros((2, 2, 2, 3)), "masks-not-3d"),
    ],
)
def test_other_values_are_no_labels(values, code):
    with pytest.raises(BadMasks) as refusal:
        as_labels(values, "masks.nii.gz")
    assert refusal.value.code == code


def test_a_scale_in_the_header_is_applied(tmp_path, labels):
    image = nib.Nifti1Image(labels.astype(np.int16), np.diag([1.5, 1.0, 3.0, 1.0]))
    image.header.set_slope_inter(2.0, 0.0)
    content = bytearray(image.to_bytes())
    content[112:116] = struct.pack("<f", 2.0)
    (tmp_path / "masks.nii").write_bytes(content)
    assert np.array_equal(read_mask_image(tmp_path / "masks.nii").labels, labels * 2)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_names_in_the_header_are_found_whatever_stands_before_them(tmp_path, labels, suffix):
    image = nib.Nifti1Image(labels, np.diag([1.5, 1.0, 3.0, 1.0]))
    for text in ("a comment " * 200, '<Label Key="7"><![CDATA[pancreas]]></Label>'):
        image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", text.encode()))
    nib.save(image, tmp_path / f"masks{suffix}")
    assert read_mask_image(tmp_path / f"masks{suffix}").names == {7: "pancreas"}


def test_a_header_in_metres_is_brought_to_mm(tmp_path, labels):
    save_nifti(labels, np.diag([1e-3, 1e-3, 1e-3, 1.0]) @ AFFINE, tmp_path / "metres.nii")
    content = bytearray((tmp_path / "metres.nii").read_bytes())
    content[123] = 1
    (tmp_path / "metres.nii").write_bytes(content)
    image = read_mask_image(tmp_path / "metres.nii")
    assert at(image, (AFFINE @ [3, 4, 2, 1])[:3]) == labels[3, 4, 2]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.zeros((8, 8, 8, 3), dtype=np.uint8), "masks-not-3d"),
        (np.zeros((8, 8, 8), dtype=complex), "masks-not-labels"),
    ],
)
def test_images_that_cannot_be_masks_are_named_so(tmp_path, values, code):
    nib.save(nib.Nifti1Image(values, np.eye(4)), tmp_path / "masks.nii")
    with pytest.raises(BadMasks) as refusal:
        read_mask_image(tmp_path / "masks.nii")
    assert refusal.value.code == code


def damaged(offset, form, *values):
    """A NIfTI file with other bytes in its header."""

    def write(path, labels):
        content = bytearray(save_nifti(labels, AFFINE, path).read_bytes())
        packed = struct.pack(form, *values)
        content[offset : offset + len(packed)] = packed
        path.write_bytes(content)

    return write


DAMAGE = {
    "magic word": damaged(344, "<4s", b"xxx\0"),
    "billions of voxels": damaged(42, "<3h", 32767, 32767, 32767),
    "negative size": damaged(42, "<h", -5),
    "no voxel type": damaged(70, "<h", 9999),
    "no voxel size": damaged(80, "<3f", 0, 0, 0),
    "no geometry": damaged(252, "<2h", 0, 0),
    "NaN in the affine": damaged(280, "<f", float("nan")),
    "flat affine": damaged(280, "<12f", *([0.0] * 12)),
    "voxels beyond the end": damaged(108, "<f", 1e6),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_headers(tmp_path, labels, what):
    path = tmp_path / "masks.nii"
    DAMAGE[what](path, labels)
    with pytest.raises(BadMasks) as refusal:
        read_mask_image(path)
    assert refusal.value.code == "unreadable-masks"
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("kept", [0, 10, 0.3, 0.97])
def test_a_file_that_ends_early(tmp_path, labels, suffix, kept):
    path = tmp_path / f"masks{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(path), useCompression="gz" in suffix)
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(len(content) * kept)])
    with pytest.raises(BadMasks) as refusal:
        read_mask_image(path)
    assert refusal.value.code == "unreadable-masks"


def test_an_almost_empty_mask_of_a_large_scan_is_no_bomb(tmp_path):
    large = np.zeros((400, 512, 512), dtype=np.uint8)
    large[5, 5, 5] = 1
    for name in ("masks.nii.gz", "masks.nrrd"):
        sitk.WriteImage(sitk.GetImageFromArray(large), str(tmp_path / name), useCompression=True)
        assert (tmp_path / name).stat().st_size < large.size / 900
        assert read_mask_image(tmp_path / name).labels.sum() == 1


def test_names_of_a_real_totalsegmentator_file():
    image = read_mask_image(shared("totalsegmentator_tests/example_seg.nii.gz"))
    assert image.names[5] == "liver" and len(image.names) == 117
