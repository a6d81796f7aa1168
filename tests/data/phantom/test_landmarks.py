import numpy as np
import pytest

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.landmarks import find_landmarks
from ctscribe.errors import BadInput

NAMES = dict(enumerate((*LOBES, "heart"), 10))


def labels() -> np.ndarray:
    grid = np.zeros((10, 12, 14), np.uint8)
    for number in NAMES:
        grid[2 + (number - 10) % 3 : 8, 3:9, number - 8] = number
    return grid


def test_boxes_are_in_mm_between_voxel_centres() -> None:
    marks = find_landmarks(labels(), NAMES, (2.0, 1.0, 0.5))
    assert (marks.lungs_low, marks.lungs_high) == ((4.0, 3.0, 1.0), (14.0, 8.0, 3.0))
    assert (marks.heart_low, marks.heart_high) == ((8.0, 3.0, 3.5), (14.0, 8.0, 3.5))


@pytest.mark.parametrize("missing", ["lung_middle_lobe_right", "heart"])
def test_what_is_missing_is_named(missing: str) -> None:
    names = {number: name for number, name in NAMES.items() if name != missing}
    with pytest.raises(BadInput, match=missing) as caught:
        find_landmarks(labels(), names, (2.0, 1.0, 1.0))
    assert caught.value.code == "anatomy-incomplete"


def test_named_but_without_a_voxel() -> None:
    grid = labels()
    grid[grid == 15] = 0
    with pytest.raises(BadInput, match="empty"):
        find_landmarks(grid, NAMES, (2.0, 1.0, 1.0))
