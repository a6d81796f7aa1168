import numpy as np
from phantoms import chest_phantom
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.airway import find_airway
from ctscribe.anatomy.segmenters.atlas.lobes import divide, lung_mask
from ctscribe.anatomy.segmenters.atlas.lungs import find_lungs, outside, patient
from ctscribe.anatomy.taxonomy import CHEST6

SPACING = 4.0


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """HU, lungs and trachea of the ellipsoid chest on an isotropic grid."""
    volume, truth = chest_phantom(shape=(75, 80, 100), spacing=(SPACING,) * 3)
    return volume.hu.astype(np.float32), truth.mask(*CHEST6["lung"].structures), truth.mask("trachea")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def test_drawn_lungs_are_found() -> None:
    hu, lungs, trachea = drawn()
    assert dice(find_lungs(hu, SPACING), lungs) > 0.97
    assert not (outside(hu) & (lungs | trachea)).any()


def test_room_air_a_hollow_table_and_bowel_gas_are_not_lung() -> None:
    hu, lungs, _ = drawn()
    hu[:, 75:79, 20:80] = -700  # foam under the back, walled from the room
    hu[:, 74, 18:82] = hu[:, 79, 18:82] = 200
    hu[:, 74:80, 18:20] = hu[:, 74:80, 80:82] = 200
    hu[2:12, 30:42, 45:60] = -1000
    found = find_lungs(hu, SPACING)
    assert dice(found, lungs) > 0.97
    assert not found[:, 74:].any()


def test_lung_cut_by_the_field_of_view_stays_lung() -> None:
    hu, lungs, _ = drawn()
    cut = slice(30, 75)
    assert dice(find_lungs(np.ascontiguousarray(hu[:, :, cut]), SPACING), lungs[:, :, cut]) > 0.95


def test_the_patient_is_one_piece_of_tissue() -> None:
    hu, lungs, _ = drawn()
    hu[:, 77:79] = 100
    body = patient(hu, SPACING)
    assert not (body & lungs).any()
    assert not body[:, 77:79].any()


def test_the_airway_is_the_lumen_near_where_it_was_carried() -> None:
    hu, _, trachea = drawn()
    carried = np.roll(trachea, 2, axis=2)
    assert dice(find_airway(hu, carried, SPACING), trachea) > 0.7
    assert not find_airway(np.full_like(hu, 40), carried, SPACING).any()
    assert not find_airway(hu, np.zeros_like(trachea), SPACING).any()


def test_a_mass_at_the_pleura_is_lung_and_the_heart_is_not() -> None:
    hu, lungs, trachea = drawn()
    z, y, x = np.indices(hu.shape) * SPACING
    mass = ((z - 160) ** 2 + (y - 160) ** 2 + (x - 320) ** 2 < 13**2) & lungs
    assert mass.sum() > 20
    hu[mass] = 40
    prior = ndimage.binary_dilation(lungs)
    found = lung_mask(hu, find_lungs(hu, SPACING), trachea, prior, SPACING)
    assert found[mass].mean() > 0.9
    assert dice(found, lungs) > 0.96


def test_every_lung_voxel_takes_the_nearest_lobe() -> None:
    rng = np.random.default_rng(0)
    lungs = rng.random((8, 9, 10)) < 0.8
    prior = np.where(rng.random(lungs.shape) < 0.1, rng.integers(10, 15, lungs.shape), 0).astype(np.uint8)
    lobes = divide(lungs, prior)
    assert np.array_equal(lobes > 0, lungs)
    kept = lungs & (prior > 0)
    assert np.array_equal(lobes[kept], prior[kept])
    known = np.argwhere(np.where(lungs, prior, 0)[::2, ::2, ::2])
    for voxel in np.argwhere(lungs & (prior == 0)):
        away = ((known - voxel // 2) ** 2).sum(axis=1)
        nearest = known[away == away.min()] * 2
        assert lobes[tuple(voxel)] in prior[tuple(nearest.T)]
