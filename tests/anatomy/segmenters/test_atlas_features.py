import numpy as np
import pytest

from ctscribe.anatomy.segmenters.atlas.features import BONE, LUNG, REACH, SOFT, blood_channel, features


def test_channels_say_what_they_are_named_after() -> None:
    hu = np.full((40, 40, 40), -100, dtype=np.float32)
    lungs = np.zeros(hu.shape, dtype=bool)
    lungs[5:20, 5:35, 5:35] = True
    hu[lungs] = -850
    hu[25:30] = 60
    hu[33:38] = 430
    channels = features(hu, lungs, 3.0)
    assert channels[LUNG, 4, 20, 20] == pytest.approx(-3 / REACH, abs=0.01)
    assert channels[LUNG, 7, 20, 20] == pytest.approx(9 / REACH, abs=0.01)
    assert channels[SOFT, 27, 20, 20] == pytest.approx(1.0)
    assert channels[SOFT, 22, 20, 20] == pytest.approx(50 / 210)
    assert channels[BONE, 35, 20, 20] > 0.9
    assert channels[BONE, 20, 20, 20] < 0.01


def test_bright_and_dull_blood_look_alike_to_the_soft_channel() -> None:
    hu = np.full((10, 10, 10), 60, dtype=np.float32)
    lungs = np.zeros(hu.shape, dtype=bool)
    lungs[0, 0, 0] = True
    assert np.array_equal(features(hu, lungs, 3.0)[SOFT], features(hu + 300, lungs, 3.0)[SOFT])


def test_bones_are_left_out_of_the_blood() -> None:
    hu = np.full((4, 4, 4), 400, dtype=np.float32)
    bones = np.zeros(hu.shape, dtype=bool)
    bones[0] = True
    bright = blood_channel(hu, 350.0, bones)
    assert not bright[0].any()
    assert (bright[1:] == 1).all()
