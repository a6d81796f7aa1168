from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.segmenters.belonging import FEWEST_VOXELS, TISSUES, check_belongs, fraction_in_range
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadMasks

VOLUME, TRUTH = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))
LUNG, BONE, ORGAN = TISSUES


def shifted(mm: tuple[float, float, float]):
    steps = [round(d / s) for d, s in zip(mm, VOLUME.spacing, strict=True)]
    return replace(TRUTH, labels=np.roll(TRUTH.labels, steps, (0, 1, 2)))


def with_hu(mask: np.ndarray, value: int) -> CTVolume:
    return CTVolume(np.where(mask, value, VOLUME.hu).astype(np.int16), VOLUME.affine)


@pytest.mark.parametrize("tissue", TISSUES, ids=lambda tissue: tissue.name)
def test_fraction_against_a_loop(tissue):
    there = [VOLUME.hu[i] for i in np.ndindex(VOLUME.shape) if TRUTH.names.get(TRUTH.labels[i]) in tissue.structures]
    expected = sum(tissue.hu[0] <= hu <= tissue.hu[1] for hu in there) / len(there)
    assert fraction_in_range(tissue, TRUTH, VOLUME) == pytest.approx(expected)


def test_too_few_voxels_are_not_judged():
    few = TRUTH.labels * 0
    few.flat[: FEWEST_VOXELS - 1] = 10
    assert fraction_in_range(LUNG, replace(TRUTH, labels=few), VOLUME) is None
    assert check_belongs(replace(TRUTH, labels=few), VOLUME) == ()


def test_own_masks_fit():
    assert check_belongs(TRUTH, VOLUME) == ()


@pytest.mark.parametrize("mm", [(0, 40, 0), (0, 0, 40), (0, -30, 30)])
def test_displaced_masks_do_not(mm):
    with pytest.raises(BadMasks) as refusal:
        check_belongs(shifted(mm), VOLUME)
    assert refusal.value.code == "masks-of-another-scan"
    assert "%" in refusal.value.message


def test_sick_lungs_are_vouched_for_by_bones_and_organs():
    sick = with_hu(TRUTH.region("lung"), 20)
    assert any("lung" in note for note in check_belongs(TRUTH, sick))
    alone = replace(TRUTH, names={label: name for label, name in TRUTH.names.items() if "lung" in name})
    with pytest.raises(BadMasks):
        check_belongs(alone, sick)


def test_a_poor_fit_is_said():
    bones = TRUTH.mask("vertebrae_T12", "vertebrae_T7")
    soft = bones & (np.cumsum(bones).reshape(bones.shape) % 3 == 0)
    notes = check_belongs(TRUTH, with_hu(soft, 0))
    assert len(notes) == 1 and "67% of the voxels labelled as bone" in notes[0]
