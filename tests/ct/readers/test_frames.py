from pathlib import Path

import numpy as np
import pytest
from dicom_series import enhanced, save, slices
from pydicom.dataset import Dataset

from ctscribe.ct.readers.frames import Frame, frames_of
from ctscribe.ct.readers.instances import read_instance
from ctscribe.errors import BadScan


def frames(dataset: Dataset, folder: Path) -> tuple[Frame, ...]:
    instance = read_instance(save(dataset, folder / "object"), "file 1 of 1", identity=False)
    assert instance is not None
    return frames_of(instance)


def test_classic_image_is_one_frame(tmp_path: Path):
    dataset = slices()[4]
    (frame,) = frames(dataset, tmp_path)
    assert frame.number is None
    assert frame.position == tuple(dataset.ImagePositionPatient)
    assert (frame.slope, frame.intercept, frame.thickness_mm, frame.kernel, frame.kvp) == (1, -1024, 10, "B31f", 120)
    assert frame.axes is not None
    assert np.array_equal(frame.axes, [[0, 1, 0], [1, 0, 0], [0, 0, 1]])


def test_enhanced_frames_take_shared_values_and_their_own(tmp_path: Path):
    datasets, order = slices(), [4, 0, 2]
    found = frames(enhanced(datasets, order), tmp_path)
    assert [f.number for f in found] == [1, 2, 3]
    assert [f.position for f in found] == [tuple(datasets[i].ImagePositionPatient) for i in order]
    assert {(f.spacing, f.kernel, f.kvp, f.slope, f.intercept) for f in found} == {((5.0, 5.0), "B31f", 120, 1, -1024)}
    assert found[1].place == "frame 2 of file 1 of 1"


def test_own_functional_group_wins_over_the_shared(tmp_path: Path):
    whole = enhanced(slices(), [0, 1])
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [3, 4], 2
    whole.PerFrameFunctionalGroupsSequence[1].PixelMeasuresSequence = [measures]
    assert [f.spacing for f in frames(whole, tmp_path)] == [(5, 5), (3, 4)]


def test_frames_that_are_not_described_are_refused(tmp_path: Path):
    whole = enhanced(slices(), [0, 1, 2])
    del whole.PerFrameFunctionalGroupsSequence[2]
    with pytest.raises(BadScan, match="announces 3 frames and describes 2") as refused:
        frames(whole, tmp_path)
    assert refused.value.code == "bad-multiframe"


@pytest.mark.parametrize("orientation", [[1, 0, 0, 0, 2, 0], [1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1]])
def test_directions_that_are_none_leave_the_frame_unplaced(orientation: list[float], tmp_path: Path):
    dataset = slices()[0]
    dataset.ImageOrientationPatient = orientation
    (frame,) = frames(dataset, tmp_path)
    assert frame.axes is None
    assert not frame.is_placed


def test_another_objects_frames_are_not_looked_into(tmp_path: Path):
    whole = enhanced(slices(), [0, 1])
    whole.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    assert len(frames(whole, tmp_path)) == 1
