from pathlib import Path

import numpy as np
import pytest
from dicom_series import edited, frames, moved, series_phantom, slices
from pydicom.dataset import Dataset

from ctscribe.ct.readers.frames import Frame
from ctscribe.ct.readers.stacking import stack_frames
from ctscribe.errors import BadScan


def heights(found: list[Frame] | tuple[Frame, ...]) -> list[float]:
    return [f.position[2] for f in found if f.position is not None]


def test_any_order_of_files_gives_one_stack(tmp_path: Path):
    found = frames(slices(), tmp_path)
    assert heights(found) != sorted(heights(found))
    stack = stack_frames(found)
    assert heights(stack.frames) == sorted(heights(found))
    assert stack.slots == tuple(range(30))
    assert np.allclose(stack.affine, series_phantom().affine, atol=1e-9)
    assert stack.repairs == ()
    assert stack_frames(found[::-1]).frames == stack.frames


def test_affine_maps_every_plane_to_its_own_position(tmp_path: Path, rng: np.random.Generator):
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3] = np.column_stack([rotation * (2.5, 0.8, 0.7), rng.normal(size=3) * 100])
    stack = stack_frames(frames(slices(affine=affine), tmp_path))
    for slot, frame in zip(stack.slots, stack.frames, strict=True):
        assert np.allclose((stack.affine @ [slot, 0, 0, 1])[:3], frame.position, atol=1e-6)
    assert np.allclose(np.linalg.norm(stack.affine[:3, :3], axis=0), (2.5, 0.8, 0.7))
    assert np.allclose(np.abs(stack.affine[:3, :3]), np.abs(affine[:3, :3]), atol=1e-6)


def test_positions_rounded_to_a_tenth_are_still_even(tmp_path: Path):
    affine = series_phantom().affine.copy()
    affine[2, 0] = 1.25

    def rounded(dataset: Dataset) -> None:
        dataset.ImagePositionPatient = [round(float(p), 1) for p in dataset.ImagePositionPatient]

    assert stack_frames(frames(edited(slices(affine=affine), rounded), tmp_path)).slots == tuple(range(30))


def test_gaps_are_counted_and_placed(tmp_path: Path):
    found = frames([d for k, d in enumerate(slices()) if k not in (5, 6, 20)], tmp_path)
    said = r"3 slices are missing between the positions -105\.0 and -75\.0 mm and in 1 other gap$"
    with pytest.raises(BadScan, match=said):
        stack_frames(found)
    stack = stack_frames(found, allow_gaps=True)
    assert stack.slots == tuple(k for k in range(30) if k not in (5, 6, 20))
    assert stack.depth == 30
    assert np.allclose(stack.affine, series_phantom().affine)
    assert "3 slices are missing" in stack.repairs[0]


def test_more_gaps_than_slices_are_never_filled(tmp_path: Path):
    datasets = edited(slices(), lambda d: moved(d, z=5000), 29)
    with pytest.raises(BadScan) as refused:
        stack_frames(frames(datasets, tmp_path), allow_gaps=True)
    assert refused.value.code == "missing-slices"


def test_equal_doubles_are_dropped_and_said(tmp_path: Path):
    twin = slices()[12]
    twin.SOPInstanceUID += ".7"
    stack = stack_frames(frames([*slices(), twin], tmp_path))
    assert len(stack.frames) == 30
    assert stack.repairs == ("1 slice is stored twice and read once.",)


def test_doubles_of_another_rescale_are_refused(tmp_path: Path):
    twin = slices()[12]
    twin.SOPInstanceUID, twin.RescaleIntercept = twin.SOPInstanceUID + ".7", -1000
    with pytest.raises(BadScan) as refused:
        stack_frames(frames([*slices(), twin], tmp_path))
    assert refused.value.code == "duplicate-slices"


@pytest.mark.parametrize("degrees", [5.0, 20.0, -12.5])
def test_gantry_tilt_is_measured(degrees: float, tmp_path: Path):
    lean = float(np.tan(np.radians(degrees)))
    datasets = edited(slices(), lambda d: moved(d, y=lean * float(d.ImagePositionPatient[2])))
    stack = stack_frames(frames(datasets, tmp_path))
    assert stack.repairs[0].startswith(f"The gantry was tilted by {abs(degrees):.1f}°")
    assert np.allclose(stack.affine[:3, 0], (0, lean * 10, 10))


def test_a_twentieth_of_a_degree_is_no_tilt(tmp_path: Path):
    datasets = edited(slices(), lambda d: moved(d, y=8e-4 * float(d.ImagePositionPatient[2])))
    stack = stack_frames(frames(datasets, tmp_path))
    assert stack.repairs == ()
    assert np.allclose(stack.affine[:3, 0], (0, 0, 10), atol=1e-5)
