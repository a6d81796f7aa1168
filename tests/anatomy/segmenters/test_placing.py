from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.segmenters.mask_files import MaskImage
from ctscribe.anatomy.segmenters.placing import lies_on_grid, place, shared_part
from ctscribe.ct.volume import CTVolume, box_mm, canonical_affine
from ctscribe.errors import BadMasks

VOLUME = CTVolume(np.zeros((6, 7, 8), dtype=np.int16), canonical_affine((3.0, 1.0, 1.5), (10.0, -20.0, 5.0)))


def image(labels, affine) -> MaskImage:
    return MaskImage(labels, affine, "masks.nii.gz", {})


def slow_place(labels, affine) -> np.ndarray:
    """For every voxel of the scan, the label whose centre is nearest."""
    placed = np.zeros(VOLUME.shape, dtype=labels.dtype)
    for index in np.ndindex(placed.shape):
        at = np.linalg.solve(affine, [*VOLUME.position(index), 1])[:3]
        near = tuple(np.floor(at + 0.5).astype(int))
        if all(0 <= i < n for i, n in zip(near, labels.shape, strict=True)):
            placed[index] = labels[near]
    return placed


def test_nearest_voxel_on_a_turned_grid(rng):
    labels = rng.integers(0, 5, (9, 10, 11)).astype(np.uint8)
    turn = np.eye(4)
    turn[:3, :3] = np.linalg.qr(np.eye(3) + 0.2 * rng.normal(size=(3, 3)))[0] * [-1, 1, 1]
    affine = canonical_affine((2.1, 1.3, 1.17), (0.03, 0.02, 0.01))
    affine = turn @ affine
    middle = np.append((np.array(labels.shape) - 1) / 2, 1)
    affine[:3, 3] += np.array(VOLUME.position((2.5, 3.0, 3.5))) - (affine @ middle)[:3]
    placed, notes = place(image(labels, affine), VOLUME)
    assert np.array_equal(placed, slow_place(labels, affine))
    assert len(notes) == 1


def test_float32_rounding_is_not_another_grid(rng):
    labels = rng.integers(0, 5, VOLUME.shape).astype(np.uint8)
    affine = VOLUME.affine.astype(np.float32).astype(np.float64) + 1e-5
    placed, notes = place(image(labels, affine), VOLUME)
    assert np.array_equal(placed, labels) and notes == ()
    assert lies_on_grid(image(labels, affine), VOLUME)
    assert not lies_on_grid(image(labels[:-1], affine), VOLUME)


def test_as_many_voxels_elsewhere_is_said(rng):
    labels = rng.integers(0, 5, VOLUME.shape).astype(np.uint8)
    affine = VOLUME.affine.copy()
    affine[0, 3] += 3.0
    placed, notes = place(image(labels, affine), VOLUME)
    assert np.array_equal(placed[:, :, 2:], labels[:, :, :-2])
    assert "3.0 mm" in notes[0]


def test_box_and_shared_part():
    box = box_mm(VOLUME.shape, VOLUME.affine)
    assert np.allclose(box, [[9.25, -20.5, 3.5], [21.25, -13.5, 21.5]])
    half = box + np.array([6.0, 0, 0])
    assert shared_part(box, half) == pytest.approx(0.5)
    assert shared_part(box, box + 100) == 0
    inside = np.stack([box[0], (box[0] + box[1]) / 2])
    assert shared_part(box, inside) == 1
    assert shared_part(box, inside, of_larger=True) == pytest.approx(1 / 8)


def test_masks_beside_the_scan_are_refused():
    affine = VOLUME.affine.copy()
    affine[2, 3] += 12.0
    with pytest.raises(BadMasks) as refusal:
        place(image(np.ones((5, 7, 8), dtype=np.uint8), affine), VOLUME)
    assert refusal.value.code == "masks-of-another-scan"
