"""The same scan gives the same report, whatever its format and the order of its axes."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from phantoms import chest_phantom

from ctscribe.anatomy.segmenters import load_segmenter
from ctscribe.anatomy.writing import write_labelmap
from ctscribe.ct.volume import CTVolume
from ctscribe.inference.pipeline import write_report
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Report

ORDERS = list(product(permutations(range(3)), product((False, True), repeat=3)))
"""All 48: which axis comes first, and which are reversed."""


def in_order(volume: CTVolume, axes: tuple[int, ...], flips: tuple[bool, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The voxels with their axes permuted and reversed, and the affine that keeps every voxel in its place."""
    voxels, affine = volume.hu.transpose(axes), volume.affine[:, [*axes, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            voxels = np.flip(voxels, axis)
            affine[:, 3] += affine[:, axis] * (voxels.shape[axis] - 1)
            affine[:, axis] *= -1
    return np.ascontiguousarray(voxels), affine


def write_nifti(path: Path, voxels: np.ndarray, affine: np.ndarray) -> None:
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine), path)


def write_itk(path: Path, voxels: np.ndarray, affine: np.ndarray) -> None:
    image = sitk.GetImageFromArray(voxels.transpose(2, 1, 0))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    sitk.WriteImage(image, str(path))


@pytest.fixture(scope="module")
def scan_and_masks(tmp_path_factory: pytest.TempPathFactory) -> tuple[CTVolume, Path]:
    """A chest with a 14 mm nodule, and its label map as a user would bring it."""
    volume, labelmap = chest_phantom((48, 80, 100), (6.25, 4.0, 4.0))
    z, y, x = np.indices(volume.shape)
    volume.hu[((z - 30) * 6.25) ** 2 + ((y - 40) * 4.0) ** 2 + ((x - 72) * 4.0) ** 2 <= 14**2] = 40
    masks = tmp_path_factory.mktemp("masks") / "masks.nii.gz"
    write_labelmap(labelmap, masks)
    return volume, masks


def content(report: Report) -> str:
    """The report without the name of the scan's format."""
    technique = report.technique.model_copy(update={"format": "", "text": ""})
    return report.model_copy(update={"technique": technique}).model_dump_json(indent=1)


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "nrrd", "mha"])
def test_every_axis_order_gives_the_same_report(
    suffix: str, scan_and_masks: tuple[CTVolume, Path], tmp_path: Path
) -> None:
    volume, masks = scan_and_masks
    segmenter, reporter = load_segmenter(str(masks)), MeasuredReporter()
    write = write_nifti if suffix.startswith("nii") else write_itk
    # Each format takes a quarter of the orders, so that together they see all 48.
    turn = ["nii", "nii.gz", "nrrd", "mha"].index(suffix)
    write_nifti(tmp_path / "reference.nii", *in_order(volume, *ORDERS[0]))
    expected = content(write_report(tmp_path / "reference.nii", segmenter, reporter)[0])
    assert "nodule" in expected
    for axes, flips in ORDERS[turn::4]:
        write(tmp_path / f"scan.{suffix}", *in_order(volume, axes, flips))
        report, _ = write_report(tmp_path / f"scan.{suffix}", segmenter, reporter)
        assert content(report) == expected, f"axes {axes}, reversed {flips}"
