import numpy as np

from ctscribe.anatomy.segmenters.atlas.growth import grow

FACES = [(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)]


def slow(labels: np.ndarray, into: np.ndarray) -> np.ndarray:
    grown = labels.copy()
    for voxel in np.argwhere((labels == 0) & into):
        for face in FACES:
            beside = voxel + face
            if (beside >= 0).all() and (beside < labels.shape).all() and labels[tuple(beside)]:
                grown[tuple(voxel)] = labels[tuple(beside)]
                break
    return grown


def test_growth_follows_faces_one_step_at_a_time(rng: np.random.Generator) -> None:
    labels = np.where(rng.random((7, 8, 9)) < 0.05, rng.integers(1, 5, (7, 8, 9)), 0).astype(np.uint8)
    into = rng.random(labels.shape) < 0.7
    once = slow(labels, into)
    assert np.array_equal(grow(labels, into, 1), once)
    assert np.array_equal(grow(labels, into, 3), slow(slow(once, into), into))


def test_labels_never_change_and_nothing_grows_elsewhere(rng: np.random.Generator) -> None:
    labels = np.where(rng.random((6, 6, 6)) < 0.1, 3, 0).astype(np.uint8)
    into = rng.random(labels.shape) < 0.5
    grown = grow(labels, into, 10)
    assert np.array_equal(grown[labels > 0], labels[labels > 0])
    assert not grown[(labels == 0) & ~into].any()
