from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.segmenters.gathering import Gathering
from ctscribe.anatomy.segmenters.mask_files import MaskImage
from ctscribe.ct.volume import CTVolume, canonical_affine

VOLUME = CTVolume(np.zeros((8, 9, 10), dtype=np.int16), canonical_affine((2.0, 1.0, 1.0)))


def piece(labels: np.ndarray) -> MaskImage:
    return MaskImage(labels, VOLUME.affine, "masks", {})


def block(value: int, *box: slice, dtype: type = np.uint8) -> np.ndarray:
    labels = np.zeros(VOLUME.shape, dtype=dtype)
    labels[box] = value
    return labels


def test_the_first_piece_keeps_its_voxels(rng):
    first, second = (rng.integers(0, 3, VOLUME.shape).astype(np.uint8) for _ in range(2))
    gathering = Gathering(VOLUME)
    gathering.add(piece(first), {1: "liver", 2: "spleen"})
    gathering.add(piece(second), {1: "aorta", 2: "liver"})
    names = ["", "liver", "spleen"], ["", "aorta", "liver"]
    for index in np.ndindex(VOLUME.shape):
        expected = names[0][first[index]] or names[1][second[index]]
        assert gathering.names.get(int(gathering.labels[index]), "") == expected


def test_ids():
    gathering = Gathering(VOLUME)
    gathering.add(piece(block(1, slice(2))), {1: "aorta", 300: "liver"})
    assert gathering.names == {1: "aorta", 300: "liver"}
    gathering.add(piece(block(1, slice(2, 4))), {1: "heart"})
    gathering.add(piece(block(1, slice(4, 6))), {1: "spleen"})
    assert gathering.names == {1: "aorta", 300: "liver", 51: "heart", 118: "spleen"}
    assert gathering.tidy_labels().dtype == np.uint16
    small = Gathering(VOLUME)
    small.add(piece(block(7, slice(2), dtype=np.uint16)), {7: "aorta"})
    assert small.names == {52: "aorta"} and small.tidy_labels().dtype == np.uint8


def test_unknown_names_are_left_out_and_listed():
    gathering = Gathering(VOLUME)
    gathering.add(piece(block(3, slice(2))), {3: "thing", 4: "liver"})
    assert gathering.unknown == ["thing"]
    assert not gathering.labels.any()


@pytest.mark.parametrize("looked_for", [True, False])
def test_a_kind_without_voxels(looked_for):
    gathering = Gathering(VOLUME)
    gathering.add(piece(block(1, slice(2))), {1: "kidney_left", 2: "kidney_cyst_left"}, looked_for=looked_for)
    assert ("kidney_cyst" in gathering.lesions) == looked_for


def test_lesions_of_several_pieces_are_united():
    gathering = Gathering(VOLUME)
    gathering.add(piece(block(1, slice(0, 2))), {1: "pleural_effusion_left"})
    gathering.add(piece(block(1, slice(1, 3))), {1: "pleural_effusion_right"})
    assert np.array_equal(gathering.lesions["pleural_effusion"], block(1, slice(0, 3)) > 0)
    assert not gathering.labels.any()


def test_a_painted_nodule_goes_back_to_the_nearest_lobe():
    labels = block(10, slice(0, 4)) + block(11, slice(4, 8))
    labels[2:6, 3:6, 3:6] = 9
    labels[0, 0, 0] = 8
    gathering = Gathering(VOLUME)
    names = {10: "lung_upper_lobe_left", 11: "lung_lower_lobe_left", 9: "lung_nodule", 8: "pleural_effusion"}
    gathering.add(piece(labels), names)
    for z, y, x in np.ndindex(VOLUME.shape):
        if labels[z, y, x] == 9:
            assert gathering.labels[z, y, x] in (10, 11)
    assert gathering.labels[2, 4, 4] == 10 and gathering.labels[5, 4, 4] == 11
    assert gathering.labels[0, 0, 0] == 0
    assert gathering.lesions["lung_nodule"].sum() == 36


def test_inside():
    gathering = Gathering(VOLUME)
    assert gathering.inside == 1
    gathering.add(piece(block(1, slice(2))), {1: "liver"})
    assert gathering.inside == pytest.approx(1)
    tall = np.ones((16, 9, 10), dtype=np.uint8)
    gathering.add(piece(tall), {1: "spleen"})
    assert gathering.inside == pytest.approx((2 + 8) / (2 + 16))
