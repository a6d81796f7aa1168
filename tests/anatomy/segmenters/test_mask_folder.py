from __future__ import annotations

import numpy as np
import pytest
from mask_phantoms import save_folder, save_nifti
from phantoms import chest_phantom

from ctscribe.anatomy.segmenters.gathering import Gathering
from ctscribe.anatomy.segmenters.mask_folder import gather_folder, mask_files
from ctscribe.errors import BadMasks

VOLUME, TRUTH = chest_phantom((20, 25, 30), (15.0, 12.8, 13.4))


def test_files_are_taken_by_their_names(tmp_path):
    masks = {name: TRUTH.mask(name) for name in ("liver", "aorta")}
    save_folder(masks | {"lung_nodules": TRUTH.mask("spleen")}, VOLUME.affine, tmp_path)
    for other in ("statistics.json", "preview_total.png", ".hidden"):
        (tmp_path / other).touch()
    save_nifti(VOLUME.hu, VOLUME.affine, tmp_path / "ct.nii.gz")
    files = mask_files(tmp_path)
    assert [file.name for file in files] == ["aorta.nii.gz", "ct.nii.gz", "liver.nii.gz", "lung_nodules.nii.gz"]
    gathering = Gathering(VOLUME)
    gather_folder(files, gathering)
    assert gathering.names == {52: "aorta", 5: "liver"}
    assert np.array_equal(gathering.labels == 5, masks["liver"])
    assert np.array_equal(gathering.lesions["lung_nodule"], TRUTH.mask("spleen"))
    assert any("1 image" in note for note in gathering.notes)


def test_where_masks_overlap_the_part_has_the_voxel(tmp_path):
    heart, upper = TRUTH.mask("heart"), TRUTH.mask("lung_upper_lobe_left")
    artery = heart & (np.arange(25)[:, None] < 12)
    masks = {"heart": heart, "pulmonary_artery": artery, "lung_airways": upper, "lung_upper_lobe_left": upper}
    gathering = Gathering(VOLUME)
    gather_folder(mask_files(save_folder(masks, VOLUME.affine, tmp_path)), gathering)
    found = {name: gathering.labels == label for label, name in gathering.names.items()}
    assert np.array_equal(found["pulmonary_artery"], artery)
    assert np.array_equal(found["heart"], heart & ~artery)
    assert np.array_equal(found["lung_upper_lobe_left"], upper)


def test_a_mask_may_be_255(tmp_path):
    path = save_nifti(TRUTH.mask("liver").astype(np.uint8) * 255, VOLUME.affine, tmp_path / "liver.nii.gz")
    gathering = Gathering(VOLUME)
    gather_folder([path], gathering)
    assert np.array_equal(gathering.labels == 5, TRUTH.mask("liver"))


def test_the_nearest_name_is_hinted_at(tmp_path):
    save_folder({"aotra": TRUTH.mask("aorta")}, VOLUME.affine, tmp_path)
    with pytest.raises(BadMasks) as refusal:
        gather_folder(mask_files(tmp_path), Gathering(VOLUME))
    assert refusal.value.code == "no-known-classes"
    assert "aorta" in (refusal.value.hint or "")
