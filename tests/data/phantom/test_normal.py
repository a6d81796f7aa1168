import numpy as np
import pytest

from ctscribe.data.phantom.contrast import FULL
from ctscribe.data.phantom.normal import AIR_HU, made_normal

SPACING = (2.5, 1.5, 1.5)
NAMES = {10: "lung_upper_lobe_left", 52: "aorta", 62: "superior_vena_cava"}


def chest(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A body of fat and muscle with a lung, two vessels, and a thin table under its back."""
    hu = np.full((30, 70, 70), -1000, np.int16)
    labels = np.zeros(hu.shape, np.uint8)
    hu[:, 10:60, 8:62] = -100
    hu[:, 14:56, 12:58] = rng.normal(50, 5, (30, 42, 46))
    hu[4:26, 18:52, 16:40], labels[4:26, 18:52, 16:40] = -860, 10
    hu[:, 30:38, 46:54], labels[:, 30:38, 46:54] = 340, 52
    hu[:, 18:24, 46:52], labels[:, 18:24, 46:52] = 1400, 62
    hu[:, 26:28, 40:46] = -400  # a dark streak beside it
    hu[:, 61:63] = -200
    hu[:, 60, 30:33] = -200  # where it is touched
    return hu, labels


def test_everything_that_is_not_healthy_goes(rng: np.random.Generator) -> None:
    hu, labels = chest(rng)
    hu[:, 30:32, 46:50] = 800
    lesion = np.zeros(hu.shape, bool)
    lesion[13:16, 30:34, 24:28] = True
    hu[lesion] = 40
    normal = made_normal(hu, labels, NAMES, SPACING, lesion)
    assert (normal.hu[lesion] == -860).all()
    assert np.median(normal.hu[labels == 52]) == pytest.approx(42, abs=3)
    assert normal.hu[labels == 52].max() < 60
    assert normal.hu[labels == 62].max() < 60
    assert normal.uptake[labels == 62].max() <= 1.05 * FULL
    assert normal.hu[:, 26:28, 43:45].min() >= -120
    assert (normal.hu[:, 61:] == AIR_HU).all()
    assert (normal.labels == labels).all()


def test_lung_and_muscle_far_away_stay_as_they_are(rng: np.random.Generator) -> None:
    hu, labels = chest(rng)
    normal = made_normal(hu, labels, NAMES, SPACING, np.zeros(hu.shape, bool))
    far = np.s_[:, 40:52, 13:30]
    assert np.abs(normal.hu[far].astype(int) - hu[far]).max() <= 12  # the knee above 65 HU
    assert (normal.hu[6:24, 20:50, 18:25] == -860).all()


def test_the_input_is_not_changed(rng: np.random.Generator) -> None:
    hu, labels = chest(rng)
    kept = hu.copy(), labels.copy()
    made_normal(hu, labels, NAMES, SPACING, np.zeros(hu.shape, bool))
    assert (hu == kept[0]).all()
    assert (labels == kept[1]).all()
