from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.model.views.grids import onto, sample_hu, view_grid


def axis_positions(voxels: int, old: float, size: int, new: float | None) -> list[float]:
    """Fractional scan index of every view voxel along one axis: resample, then crop or pad around the centre."""
    length = voxels * old
    if new is None:
        new, covering = length / size, size
    else:
        covering = int(np.floor(length / new + 0.5))
    start = abs(covering - size) // 2 * (1 if covering > size else -1)
    edge = (length - covering * new) / 2
    return [(edge + (start + k + 0.5) * new) / old - 0.5 for k in range(size)]


def trilinear(hu: np.ndarray, at: tuple[float, ...], pad: float) -> float:
    if any(p < -0.5 or p > n - 0.5 for p, n in zip(at, hu.shape, strict=True)):
        return pad
    held = [min(max(p, 0), n - 1) for p, n in zip(at, hu.shape, strict=True)]
    low = [min(int(p), n - 2) for p, n in zip(held, hu.shape, strict=True)]
    total = 0.0
    for corner in product((0, 1), repeat=3):
        weight = 1.0
        for p, first, step in zip(held, low, corner, strict=True):
            weight *= 1 - abs(p - first - step)
        total += weight * hu[tuple(first + step for first, step in zip(low, corner, strict=True))]
    return total


@pytest.mark.parametrize(
    ("size", "spacing"),
    [
        ((5, 10, 14), (2.9, 1.9, 1.1)),  # cropped everywhere
        ((9, 13, 21), (2.9, 1.9, 1.1)),  # padded everywhere
        ((4, 22, 15), (2.0, 1.0, 1.5)),  # cropped, padded, an axis kept
        ((8, 11, 13), None),  # resized
    ],
)
def test_equals_loops_over_voxels(noise: Case, size: tuple[int, int, int], spacing: tuple | None) -> None:
    hu = noise.volume.hu
    sampled = sample_hu(noise.volume, view_grid(noise.volume, size, spacing, False), -1000)
    axes = [
        axis_positions(n, old, want, new)
        for n, old, want, new in zip(hu.shape, (3.0, 2.0, 1.5), size, spacing or (None,) * 3, strict=True)
    ]
    expected = np.array([trilinear(hu, at, -1000) for at in product(*axes)]).reshape(size)
    assert sampled.dtype == np.int16
    # whole HU: half a unit from rounding, and what float32 weights add
    np.testing.assert_allclose(sampled, expected, atol=0.5 + 1e-3)


def test_the_scans_own_spacing_keeps_every_voxel(noise: Case) -> None:
    grid = view_grid(noise.volume, (4, 10, 11), noise.volume.spacing, False)
    expected = np.pad(noise.volume.hu[1:5], ((0, 0), (0, 1), (0, 0)), constant_values=-777)
    np.testing.assert_array_equal(sample_hu(noise.volume, grid, -777), expected)


@pytest.mark.parametrize(
    ("size", "spacing"), [((40, 60, 70), (6.0, 4.0, 4.0)), ((70, 50, 90), (3.0, 5.0, 3.0)), ((24, 64, 64), None)]
)
@pytest.mark.parametrize("crop", [False, True])
def test_a_ball_stays_where_it_is_in_mm(chest: Case, size: tuple, spacing: tuple | None, crop: bool) -> None:
    centre = np.array([31.0, -17.0, 22.0])  # LPS mm
    affine = chest.volume.affine
    index = np.stack([*np.indices(chest.volume.shape), np.ones(chest.volume.shape)])
    position = np.tensordot(affine, index, 1)[:3]
    ball = np.linalg.norm(position - centre[:, None, None, None], axis=0) <= 25
    body = np.where((chest.volume.hu > -500) | (chest.labelmap.labels > 0), 0, -1000)
    volume = CTVolume(np.where(ball, 3000, body).astype(np.int16), affine)
    before = position[:, ball].mean(axis=1)
    grid = view_grid(volume, size, spacing, crop)
    weight = np.clip(sample_hu(volume, grid, -1000).astype(float), 0, None)
    at = np.stack([*np.indices(size), np.ones(size)]).reshape(4, -1)
    after = (grid.affine @ at)[:3] @ weight.ravel() / weight.sum()
    np.testing.assert_allclose(after, before, atol=0.2)


def test_what_lies_outside_the_body_is_padding(chest: Case) -> None:
    hu = chest.volume.hu.copy()
    hu[:, 76:78] = 300  # a table behind the body
    volume = CTVolume(hu, chest.volume.affine)
    cropped = sample_hu(volume, view_grid(volume, volume.shape, volume.spacing, True), -1000)
    whole = sample_hu(volume, view_grid(volume, volume.shape, volume.spacing, False), -1000)
    np.testing.assert_array_equal(whole, hu)
    assert not (cropped == 300).any()
    assert (cropped[:, 0] == -1000).all() and (cropped[:, -1] == -1000).all()


def test_labels_come_onto_the_same_grid(noise: Case) -> None:
    volume, labelmap = noise.volume, noise.labelmap
    grid = view_grid(volume, (5, 12, 8), volume.spacing, False)
    sampled = onto(labelmap.labels, labelmap.affine, grid, "majority")
    expected = np.zeros((5, 12, 8), dtype=np.uint8)
    expected[:, 1:10] = labelmap.labels[1:6, :, 1:9]
    np.testing.assert_array_equal(sampled, expected)


def test_fractional_hu_are_rounded_and_held_in_range() -> None:
    hu = np.full((2, 2, 2), 12.6, dtype=np.float32)
    hu[0] = 40000
    volume = CTVolume(hu, canonical_affine((1.0, 1.0, 1.0)))
    sampled = sample_hu(volume, view_grid(volume, (2, 2, 2), None, False), 0)
    assert sampled.dtype == np.int16
    assert (sampled[0] == 32767).all() and (sampled[1] == 13).all()
