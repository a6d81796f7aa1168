import numpy as np

from ctscribe.anatomy.segmenters.atlas.bones import centre_cord, refine_bones

RINGS = np.hypot(*np.meshgrid(np.arange(40) - 20, np.arange(40) - 20, indexing="ij"))


def test_marrow_inside_the_cortex_is_bone_and_muscle_is_not() -> None:
    hu = np.full((12, 40, 40), 50, dtype=np.float32)
    hu[:, (RINGS <= 12) & (RINGS > 9)] = 600
    prior = np.zeros(hu.shape, dtype=np.uint8)
    prior[:, np.roll(RINGS <= 12, 2, axis=1)] = 36
    found = refine_bones(hu, prior, np.ones(hu.shape, dtype=bool), 1.5)
    assert (found[:, RINGS <= 12] == 36).mean() > 0.95
    assert not found[:, RINGS > 14].any()


def test_a_bone_keeps_out_of_what_others_claim() -> None:
    hu = np.full((6, 40, 40), 400, dtype=np.float32)
    prior = np.zeros(hu.shape, dtype=np.uint8)
    prior[:, 10:20, 10:20] = 36
    free = np.ones(hu.shape, dtype=bool)
    free[:, :, 20:] = False
    assert not refine_bones(hu, prior, free, 1.5)[~free].any()


def test_the_cord_moves_to_the_middle_of_its_canal() -> None:
    hu = np.full((10, 40, 40), 40, dtype=np.float32)
    wall = (RINGS <= 10) & (RINGS > 7)
    hu[:, wall] = 500
    carried = np.zeros(hu.shape, dtype=bool)
    carried[:, np.roll(RINGS <= 3, (3, -2), axis=(0, 1))] = True
    cord = centre_cord(hu, carried, hu > 300, 1.5)
    centre = np.argwhere(cord)[:, 1:].mean(axis=0)
    assert np.abs(centre - 20).max() < 0.7
    assert not centre_cord(hu, np.zeros_like(carried), hu > 300, 1.5).any()


def test_without_bone_the_cord_stays() -> None:
    hu = np.full((10, 40, 40), 40, dtype=np.float32)
    carried = np.zeros(hu.shape, dtype=bool)
    carried[:, RINGS <= 3] = True
    assert np.array_equal(centre_cord(hu, carried, hu > 300, 1.5), carried)
