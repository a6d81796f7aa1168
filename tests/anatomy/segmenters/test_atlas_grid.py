import numpy as np
import pytest

from ctscribe.anatomy.segmenters.atlas.grid import cube, nearest, resample, shape_at


def slow(line: np.ndarray, ratio: float, size: int) -> np.ndarray:
    """Average of the linearly interpolated line over each output voxel, by brute force."""
    result = []
    for n in range(size):
        inside = (np.arange(2000) + 0.5) / 2000 * ratio + n * ratio - 0.5
        result.append(np.interp(inside, np.arange(line.size), line).mean())
    return np.array(result)


@pytest.mark.parametrize("target", [1.5, 3.0, 4.0])
def test_smooth_images_keep_their_values_in_place(target: float) -> None:
    line = np.sin(np.arange(60) * 0.7 / 6)
    image = np.broadcast_to(line[:, None, None], (60, 3, 3)).astype(np.float32)
    found = resample(image, (0.7, 3.0, 3.0), target, (shape_at(image.shape, (0.7, 3, 3), target)[0], 1, 1))
    expected = slow(line, target / 0.7, found.shape[0])
    assert np.abs(found[:, 0, 0] - expected)[1:-1].max() < 0.02


def test_finer_grids_are_interpolated_linearly() -> None:
    ramp = np.broadcast_to(np.arange(10, dtype=np.int16)[:, None, None], (10, 2, 2)).copy()
    fine = resample(ramp, cube(8.0), 2.0)
    assert fine.shape == (40, 8, 8)
    assert np.allclose(fine[4:-4, 0, 0], (np.arange(40) + 0.5)[4:-4] / 4 - 0.5)


def test_a_constant_stays_constant() -> None:
    image = np.full((7, 8, 9), -321, dtype=np.int16)
    assert np.allclose(resample(image, (2.5, 0.7, 0.7), 3.0), -321)


def test_labels_are_read_at_the_voxel_that_holds_the_centre() -> None:
    labels = np.random.default_rng(0).integers(0, 9, (6, 7, 8)).astype(np.uint8)
    found = nearest(labels, 1.5, (4, 12, 11), (2.3, 0.9, 1.1))
    for index in np.ndindex(found.shape):
        there = [
            min(int((i + 0.5) * s / 1.5), n - 1) for i, s, n in zip(index, (2.3, 0.9, 1.1), labels.shape, strict=True)
        ]
        assert found[index] == labels[tuple(there)]
