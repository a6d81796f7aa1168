import numpy as np
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.warping import Mapping, covered, through_affine


def test_labels_are_looked_up_at_affine_of_position_plus_displacement(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 9, (20, 22, 24)).astype(np.uint8)
    affine = np.column_stack([np.eye(3) * 0.9 + rng.normal(size=(3, 3)) * 0.02, [2.0, 3.0, 1.0]])
    field = rng.normal(size=(3, 10, 11, 12)).astype(np.float32)
    found = Mapping(affine, field, 3.0).carry_labels(labels, (20, 22, 24), 1.5)
    for index in rng.integers(0, (20, 22, 24), size=(300, 3)):
        position = (index + 0.5) * 1.5
        at = (position / 3.0 - 0.5)[:, None]
        moved = [ndimage.map_coordinates(axis, at, order=1, mode="nearest")[0] for axis in field]
        there = (affine @ [*(position + moved), 1.0]) / 1.5
        inside = (there >= 0).all() and (there < labels.shape).all()
        if np.abs(there - np.rint(there)).min() > 1e-3:
            assert found[tuple(index)] == (labels[tuple(there.astype(int))] if inside else 0)


def test_images_move_as_labels_do() -> None:
    image = np.zeros((12, 12, 12), dtype=np.float32)
    image[6, 5, 4] = 1
    affine = np.column_stack([np.eye(3), [3.0, 0.0, -6.0]])
    still = np.zeros((3, 12, 12, 12), dtype=np.float32)
    moved = Mapping(affine, still, 3.0).carry_image(image, (12, 12, 12))
    assert np.unravel_index(moved.argmax(), moved.shape) == (5, 5, 6)
    assert np.allclose(moved, through_affine(image, affine, (12, 12, 12)), atol=1e-4)


def test_the_atlas_covers_what_lies_inside_its_edges() -> None:
    affine = np.column_stack([np.eye(3), [-9.0, 0.0, 0.0]])
    inside = covered((10, 10, 10), affine, (20, 10, 10))
    assert not inside[:3].any()
    assert inside[3:13].all()
    assert not inside[13:].any()
