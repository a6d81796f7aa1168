import numpy as np

from ctscribe.anatomy.segmenters.atlas.organs import refine_blood, refine_organ

Z, Y, X = np.indices((30, 30, 30))
AWAY = np.sqrt((Z - 15.0) ** 2 + (Y - 15) ** 2 + (X - 15) ** 2)


def test_an_organ_moves_to_where_its_attenuation_ends() -> None:
    hu = np.where(AWAY <= 10, 60, -100).astype(np.float32)
    prior = np.roll(AWAY <= 10, 2, axis=2)
    found = refine_organ(hu, prior, np.ones(hu.shape, dtype=bool), 1.5)
    before = (prior != (AWAY <= 10)).sum()
    assert (found != (AWAY <= 10)).sum() < 0.5 * before


def test_an_organ_keeps_out_of_what_others_claim() -> None:
    hu = np.full((30, 30, 30), 60, dtype=np.float32)
    prior = AWAY <= 8
    assert np.array_equal(refine_organ(hu, prior, np.zeros(hu.shape, dtype=bool), 1.5), prior)


def test_bright_blood_takes_the_label_it_touches() -> None:
    hu = np.where(AWAY <= 9, 350, 40).astype(np.float32)
    prior = np.where(AWAY <= 7, 52, 0).astype(np.uint8)
    found = refine_blood(hu, prior, np.ones(hu.shape, dtype=bool), 350.0, 1.5)
    assert np.array_equal(found > 0, AWAY <= 9)
