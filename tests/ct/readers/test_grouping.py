from pathlib import Path

import numpy as np
from dicom_series import edited, frames, moved, slices
from pydicom.dataset import Dataset

from ctscribe.ct.readers.grouping import largest_volume


def renamed(datasets: list[Dataset], start: int) -> list[Dataset]:
    for i, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.{start + i}"
    return datasets


def test_one_consistent_series_is_left_alone(tmp_path: Path):
    volume = largest_volume(frames(slices(), tmp_path))
    assert len(volume.frames) == 30
    assert volume.left_out == ()


def test_localizer_and_odd_images_are_left_out_and_said(tmp_path: Path):
    scouts = renamed(slices(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[:2], 100)
    odd = renamed(edited(slices()[:1], lambda d: setattr(d, "PixelSpacing", [4, 4])), 200)
    volume = largest_volume(frames([*slices(), *scouts, *odd], tmp_path))
    assert len(volume.frames) == 30
    assert volume.left_out == (
        "2 images of the series left out: localizer.",
        "1 image of the series left out: another orientation, size or image type.",
    )


def test_tiny_differences_of_orientation_do_not_part_a_stack(tmp_path: Path):
    rng = np.random.default_rng(3)

    def jitter(dataset: Dataset) -> None:
        dataset.ImageOrientationPatient = [1, round(float(rng.normal(0, 2e-4)), 6), 0, 0, 1, 0]

    datasets = edited(slices(), jitter)
    assert len(largest_volume(frames(datasets, tmp_path)).frames) == 30


def test_two_phases_under_one_series_are_parted(tmp_path: Path):
    second = renamed(slices(AcquisitionNumber=2), 100)
    volume = largest_volume(frames([*slices(), *second], tmp_path))
    assert len(volume.frames) == 30
    assert {f.moment["acquisition number"] for f in volume.frames} == {"1"}
    assert volume.left_out == (
        "The series holds 2 volumes that differ in acquisition number; the first was read (30 slices).",
    )


def test_interleaved_phases_are_parted_though_no_position_repeats(tmp_path: Path):
    second = edited(renamed(slices(TemporalPositionIdentifier=2), 100)[:25], lambda d: moved(d, z=5))
    volume = largest_volume(frames([*slices(TemporalPositionIdentifier=1), *second], tmp_path))
    assert len(volume.frames) == 30
    assert "2 volumes that differ in temporal position; the largest was read" in volume.left_out[0]


def test_acquisitions_one_after_the_other_stay_one_volume(tmp_path: Path):
    datasets = slices()
    for k, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + k // 10
    volume = largest_volume(frames(datasets, tmp_path))
    assert len(volume.frames) == 30
    assert volume.left_out == ()
