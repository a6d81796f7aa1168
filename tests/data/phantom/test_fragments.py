import numpy as np

from ctscribe.data.phantom.fragments import without_fragments


def two_organs() -> np.ndarray:
    labels = np.zeros((12, 20, 20), np.uint8)
    labels[:, :10], labels[:, 10:18] = 5, 9
    return labels


def test_fragments_become_what_lies_around_them() -> None:
    labels = two_organs()
    dirty = labels.copy()
    dirty[5:8, 12:15, 8:11] = 5  # part of the first organ inside the second
    dirty[2:4, 18:20, 3:5] = 9  # touches its own organ: stays
    labels[2:4, 18:20, 3:5] = 9
    dirty[8, 19, 15] = 5
    assert (without_fragments(dirty) == labels).all()


def test_two_parts_of_like_size_both_stay() -> None:
    labels = np.zeros((6, 6, 20), np.uint8)
    labels[..., :4], labels[..., 15:18] = 3, 3
    assert (without_fragments(labels) == labels).all()


def test_a_clean_map_is_untouched() -> None:
    assert (without_fragments(two_organs()) == two_organs()).all()
