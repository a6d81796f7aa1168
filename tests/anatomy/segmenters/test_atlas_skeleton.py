import numpy as np
import pytest

from ctscribe.anatomy.segmenters.atlas.skeleton import slide


def ladder(shift: float, scale: float) -> np.ndarray:
    """A spine of 8 levels every 24 mm whose ribs get longer downward, on 60 × 30 × 60 voxels of 3 mm."""
    bone = np.zeros((60, 30, 60), dtype=np.float32)
    z = (np.arange(60) + 0.5) * 3
    for level in range(8):
        at = 90 + scale * (12 + 24 * level - 96) + shift
        rows = np.exp(-(((z - at) / 6) ** 2))
        half = 8 + 2 * level
        bone[:, 15, 30 - half : 30 + half] += rows[:, None].astype(np.float32)
    return bone


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (18.0, 1.0), (-21.0, 1.0), (12.0, 0.9)])
def test_the_level_is_found_although_vertebrae_repeat(shift: float, scale: float) -> None:
    atlas, scan = ladder(0.0, 1.0), ladder(shift, scale)
    about = np.argwhere(atlas > -1)
    about = about[np.abs(about[:, 1] - 15) <= 2]
    centre, found_scale, found_shift = slide((about + 0.5) * 3.0, atlas[tuple(about.T)], scan, 3.0)
    for z in (60.0, 90.0, 120.0):
        truth = 90 + scale * (z - 90 + -0.0) + shift
        assert centre + found_scale * (z - centre) + found_shift == pytest.approx(truth, abs=6.0)
