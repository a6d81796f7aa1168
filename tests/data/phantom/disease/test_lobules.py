from __future__ import annotations

import numpy as np
from scipy import ndimage

from ctscribe.data.phantom.disease.lobules import JITTER, lobules


def test_cells_are_as_large_as_asked_and_stay_inside() -> None:
    inside = np.zeros((30, 50, 50), bool)
    inside[3:27, 4:46, 4:46] = True
    cells = lobules(np.random.default_rng(1), inside, (5, 3, 3), 15.0)
    assert (cells.cell[~inside] == -1).all() and (cells.cell[inside] >= 0).all() and cells.cell.max() < cells.numbers
    count = len(np.unique(cells.cell[inside]))
    assert 0.6 < inside.sum() * 45 / count / 15.0**3 < 1.4
    assert all(ndimage.label(cells.cell == n, np.ones((3, 3, 3)))[1] == 1 for n in np.unique(cells.cell[inside])[::9])


def test_the_two_nearest_seeds_rule() -> None:
    shape, spacing, size = (9, 14, 12), (5.0, 3.0, 3.0), 14.0
    cells = lobules(np.random.default_rng(2), np.ones(shape, bool), spacing, size)
    boxes = tuple(int(n * step / size) + 4 for n, step in zip(shape, spacing, strict=True))
    low = np.indices(boxes).transpose(1, 2, 3, 0) - 1.5 + (1 - JITTER) / 2
    seeds = ((low + JITTER * np.random.default_rng(2).random((*boxes, 3))) * size).reshape(-1, 3)
    points = np.indices(shape).transpose(1, 2, 3, 0) * np.array(spacing)
    away = np.sqrt(((points[..., None, :] - seeds) ** 2).sum(axis=-1))
    assert np.array_equal(cells.cell, away.argmin(axis=-1))
    assert np.allclose(cells.centre_mm, away.min(axis=-1), atol=1e-3)
    two = np.argsort(away, axis=-1)[..., :2]
    first, second = seeds[two[..., 0]], seeds[two[..., 1]]
    gap = np.sqrt(((second - first) ** 2).sum(axis=-1))
    middle = ((first + second) / 2 - points) * (second - first)
    rare = np.isclose(cells.wall_mm, middle.sum(axis=-1) / gap, atol=1e-3)
    assert rare.mean() > 0.98  # a second seed may lie two boxes away
    assert np.allclose(cells.level[rare], (np.abs(second - first)[..., 0] / gap)[rare], atol=1e-4)
