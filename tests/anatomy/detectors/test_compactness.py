"""The compiled shape test against a slow twin, and on bodies of known shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ctscribe.anatomy.detectors.compactness import CORE, REACH, compact_maxima
from ctscribe.anatomy.distances import distance_inside


def slow_compact_maxima(
    depth: np.ndarray, spacing_mm: float, smallest_mm: float
) -> list[tuple[float, tuple[int, ...]]]:
    """The same in plain numpy: each maximum's eroded surroundings are labelled whole."""
    peaks = (depth >= smallest_mm) & (depth == ndimage.maximum_filter(depth, size=3))
    peaks[[0, -1]], peaks[:, [0, -1]], peaks[:, :, [0, -1]] = False, False, False
    seeds = sorted((tuple(int(i) for i in p) for p in np.argwhere(peaks)), key=lambda p: (-float(depth[p]), p))
    claimed, compact = np.zeros(depth.shape, dtype=bool), []
    for seed in seeds:
        if claimed[seed]:
            continue
        numbers, _ = ndimage.label(depth >= CORE * float(depth[seed]), np.ones((3, 3, 3)))
        core = numbers == numbers[seed]
        reach = np.linalg.norm(np.argwhere(core) - np.array(seed), axis=1).max()
        if reach <= REACH * float(depth[seed]) / spacing_mm + 1:
            claimed |= core
            compact.append((float(depth[seed]), seed))
    return compact


def grid(size: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, y, x = np.indices((size, size, size)) - size // 2
    return z, y, x


def test_matches_the_slow_twin(rng: np.random.Generator) -> None:
    blobs = ndimage.gaussian_filter(rng.normal(size=(32, 36, 40)), 2.0)
    depth = distance_inside(blobs > np.quantile(blobs, 0.75), (1.0, 1.0, 1.0))
    found = compact_maxima(depth, 1.0, 2.0)
    assert len(found) > 3
    assert found == slow_compact_maxima(depth, 1.0, 2.0)


@pytest.mark.parametrize("radius", [3, 6, 10])
def test_ball_is_compact_and_tube_is_not(radius: int) -> None:
    z, y, x = grid(64)
    ball = z**2 + y**2 + x**2 <= radius**2
    tube = (y**2 + x**2 <= radius**2) & (abs(z) < 30)
    found = compact_maxima(distance_inside(ball, (1, 1, 1)), 1.0, 1.0)
    assert found and found[0][0] == pytest.approx(radius, abs=1)
    assert compact_maxima(distance_inside(tube, (1, 1, 1)), 1.0, 1.0) == []


def test_ball_on_a_thinner_tube_is_still_compact() -> None:
    z, y, x = grid(48)
    body = (z**2 + y**2 + x**2 <= 8**2) | ((y**2 + x**2 <= 3**2) & (abs(z) < 22))
    found = compact_maxima(distance_inside(body, (1, 1, 1)), 1.0, 4.0)
    assert [seed for _, seed in found] == [(24, 24, 24)]
