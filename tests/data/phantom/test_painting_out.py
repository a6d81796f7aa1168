import numpy as np

from ctscribe.data.phantom.painting_out import paint_out, widened

SPACING = (2.5, 1.5, 1.5)


def lungs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    hu = np.full((40, 60, 60), 40, np.int16)
    lung = np.zeros(hu.shape, bool)
    lung[4:36, 5:55, 5:55] = True
    hu[lung] = rng.normal(-860, 40, lung.sum())
    return hu, lung


def test_a_lesion_becomes_lung_with_texture_and_nothing_else_changes(rng: np.random.Generator) -> None:
    hu, lung = lungs(rng)
    lesion = np.zeros(hu.shape, bool)
    lesion[16:20, 30:38, 30:38] = True
    hu[lesion] = 30
    before = hu.copy()
    paint_out(hu, lesion, lung, SPACING)
    assert np.abs(hu[lesion].mean() + 860) < 15
    assert 25 < hu[lesion].std() < 60
    patch = widened(lesion, 4.0, SPACING)
    assert (hu == before)[~patch].all()
    assert len(np.unique(hu[lesion])) > 50


def test_what_lies_outside_the_lungs_and_no_lesion_at_all_change_nothing(rng: np.random.Generator) -> None:
    hu, lung = lungs(rng)
    before = hu.copy()
    paint_out(hu, np.zeros(hu.shape, bool), lung, SPACING)
    outside = np.zeros(hu.shape, bool)
    outside[:2] = True
    paint_out(hu, outside, lung, SPACING)
    assert (hu == before).all()


def test_a_lesion_too_large_for_a_copy_stays(rng: np.random.Generator) -> None:
    hu, lung = lungs(rng)
    before = hu.copy()
    paint_out(hu, lung.copy(), lung, SPACING)
    assert (hu == before).all()


def test_widening_reaches_as_far_in_mm_along_every_axis() -> None:
    mask = np.zeros((21, 21, 21), bool)
    mask[10, 10, 10] = True
    wide = widened(mask, 6.0, (3.0, 2.0, 1.0))
    assert [len(np.unique(axis)) for axis in np.nonzero(wide)] == [5, 7, 13]
