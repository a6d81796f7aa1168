"""Masks in every form that a user may bring them, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
from bad_inputs.masks import MASK_BAD_INPUTS, NODULE, TRUTH, VOLUME
from conftest import shared
from mask_phantoms import save_folder, save_nifti
from phantoms import STRUCTURES, chest_phantom

from ctscribe.anatomy.segmenters.masks import ASSUMED, SOURCE, UserMasks
from ctscribe.anatomy.writing import write_labelmap
from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.errors import BadMasks


def assert_truth(labelmap) -> None:
    assert labelmap.present == TRUTH.present
    for name in TRUTH.present:
        assert np.array_equal(labelmap.mask(name), TRUTH.mask(name)), name
    assert np.array_equal(labelmap.affine, VOLUME.affine)
    assert labelmap.source == SOURCE


def saved(path, values=TRUTH.labels, **options):
    return save_nifti(values, VOLUME.affine, path, **options)


def test_totalsegmentator_ids_are_assumed_and_said(tmp_path):
    labelmap = UserMasks(saved(tmp_path / "masks.nii.gz"))(VOLUME)
    assert_truth(labelmap)
    assert labelmap.notes == (ASSUMED,)
    assert labelmap.lesions == {}


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_any_axis_order_is_undone_exactly(tmp_path, axes):
    for number, flips in enumerate(product([False, True], repeat=3)):
        labelmap = UserMasks(saved(tmp_path / f"{number}.nii", axes=axes, flips=flips))(VOLUME)
        assert_truth(labelmap)
        assert labelmap.notes == (ASSUMED,)


OTHER_IDS = {label + 100: name for label, name in STRUCTURES.items()}


def with_other_ids():
    return np.where(TRUTH.labels > 0, TRUTH.labels.astype(np.uint16) + 100, 0).astype(np.uint16)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("masks.json", json.dumps(OTHER_IDS)),
        ("masks.json", json.dumps({"labels": {"background": 0} | {name: k for k, name in OTHER_IDS.items()}})),
        ("masks.csv", "id,name\n" + "".join(f"{k},{name}\n" for k, name in OTHER_IDS.items())),
        ("labels.csv", "".join(f"{k}, {name.upper()}\n" for k, name in OTHER_IDS.items())),
    ],
)
def test_a_names_file_beside_the_masks(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    labelmap = UserMasks(saved(tmp_path / "masks.nii.gz", with_other_ids()))(VOLUME)
    assert_truth(labelmap)
    assert dict(labelmap.names) == OTHER_IDS
    assert labelmap.notes == ()


def test_a_names_file_elsewhere(tmp_path):
    names = tmp_path / "elsewhere.json"
    names.write_text(json.dumps(OTHER_IDS))
    assert_truth(UserMasks(saved(tmp_path / "masks.nii.gz", with_other_ids()), names)(VOLUME))


def test_names_in_the_header(tmp_path):
    labelmap = UserMasks(saved(tmp_path / "masks.nii.gz", with_other_ids(), names=OTHER_IDS))(VOLUME)
    assert_truth(labelmap)
    assert labelmap.notes == ()


def test_a_folder_with_one_file_a_class(tmp_path):
    masks = {name: TRUTH.mask(name) for name in STRUCTURES.values()}
    lesions = {"lung_nodules": NODULE, "kidney_cyst_left": NODULE & False}
    folder = save_folder(masks | lesions | {"some_other_thing": NODULE}, VOLUME.affine, tmp_path / "masks")
    labelmap = UserMasks(folder)(VOLUME)
    assert_truth(labelmap)
    assert set(labelmap.lesions) == {"lung_nodule", "kidney_cyst"}
    assert np.array_equal(labelmap.lesions["lung_nodule"], NODULE)
    assert not labelmap.lesions["kidney_cyst"].any()
    assert any("1 image" in note for note in labelmap.notes)


def test_a_folder_with_one_label_map(tmp_path):
    saved(tmp_path / "segmentations.nii.gz")
    assert_truth(UserMasks(tmp_path)(VOLUME))


def test_a_single_mask_is_what_its_file_is_called(tmp_path):
    labelmap = UserMasks(saved(tmp_path / "liver.nii.gz", TRUTH.mask("liver").astype(np.uint8)))(VOLUME)
    assert labelmap.present == {"liver"}
    assert np.array_equal(labelmap.mask("liver"), TRUTH.mask("liver"))


def test_a_lesion_painted_into_the_label_map_leaves_no_hole(tmp_path):
    painted = np.where(NODULE, 130, TRUTH.labels).astype(np.uint8)
    names = STRUCTURES | {130: "Lung nodule"}
    labelmap = UserMasks(saved(tmp_path / "masks.nii.gz", painted, names=names))(VOLUME)
    assert np.array_equal(labelmap.lesions["lung_nodule"], NODULE)
    assert np.array_equal(labelmap.region("lung"), TRUTH.region("lung"))


def test_parts_of_the_heart_are_the_heart(tmp_path):
    parts = np.where(TRUTH.mask("heart") & (np.arange(60) % 2 == 0), 44, 0) + np.where(TRUTH.mask("heart"), 1, 0)
    names = {1: "heart_myocardium", 45: "heart_atrium_left"}
    labelmap = UserMasks(saved(tmp_path / "masks.nii.gz", parts.astype(np.uint8), names=names))(VOLUME)
    assert np.array_equal(labelmap.mask("heart"), TRUTH.mask("heart"))


def test_another_grid_is_resampled_to_the_nearest_voxel(tmp_path):
    fine = chest_phantom((80, 80, 100), (3.7, 4.1, 4.03))
    path = save_nifti(fine[1].labels, fine[0].affine, tmp_path / "masks.nii.gz")
    labelmap = UserMasks(path)(VOLUME)
    for index in np.ndindex(VOLUME.shape):
        if sum(index) % 7 == 0:
            near = [round(i) for i in fine[0].index(VOLUME.position(index))]
            inside = all(0 <= i < n for i, n in zip(near, fine[0].shape, strict=True))
            assert labelmap.labels[index] == (fine[1].labels[tuple(near)] if inside else 0)
    assert any("resampled" in note for note in labelmap.notes)


def test_masks_that_cover_more_than_the_scan(tmp_path):
    path = saved(tmp_path / "masks.nii.gz")
    low = CTVolume(
        VOLUME.hu[10:], VOLUME.affine @ np.array([[1, 0, 0, 10], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    )
    labelmap = UserMasks(path)(low)
    assert np.array_equal(labelmap.labels, TRUTH.labels[10:])
    assert any("outside the scan" in note for note in labelmap.notes)


@pytest.mark.parametrize("what", MASK_BAD_INPUTS)
def test_bad_masks_are_refused_in_one_line(tmp_path, what):
    build, code = MASK_BAD_INPUTS[what]
    with pytest.raises(BadMasks) as refusal:
        UserMasks(build(tmp_path))(VOLUME)
    assert refusal.value.code == code, refusal.value.message
    assert refusal.value.exit_code == 2
    assert "\n" not in refusal.value.message and str(tmp_path) not in refusal.value.message
    assert refusal.value.hint


def test_lost_position_is_hinted_at(tmp_path):
    path = save_nifti(TRUTH.labels, canonical_affine((1, 1, 1)), tmp_path / "m.nii.gz")
    with pytest.raises(BadMasks) as refusal:
        UserMasks(path)(VOLUME)
    assert "position lost" in (refusal.value.hint or "")


def test_absent_masks(tmp_path):
    with pytest.raises(BadMasks) as refusal:
        UserMasks(tmp_path / "masks.nii.gz")
    assert refusal.value.code == "masks-not-found"


def test_the_real_chest_and_its_own_masks():
    volume = read_volume(shared("lidc0001/dicom"))
    labelmap = UserMasks(shared("lidc0001/lidc0001_totalseg_1p5mm.nii.gz"))(volume)
    assert len(labelmap.present) == 89
    lung_ml = labelmap.region("lung").sum() * volume.voxel_ml
    assert lung_ml == pytest.approx(1095042 * 1.5**3 / 1000, rel=0.002)
    assert np.median(volume.hu[labelmap.region("lung")]) < -850


def test_another_patients_masks_are_refused():
    volume = read_volume(shared("lungpetctdx_a0002/dicom"))
    with pytest.raises(BadMasks) as refusal:
        UserMasks(shared("lidc0001/lidc0001_totalseg_1p5mm.nii.gz"))(volume)
    assert refusal.value.code == "masks-of-another-scan"


def test_masks_that_do_not_fit_may_be_asked_for_and_say_so(tmp_path):
    wrong = replace(TRUTH, labels=np.roll(TRUTH.labels, VOLUME.shape[1] // 2, axis=1))
    path = write_labelmap(wrong, tmp_path / "masks.nii.gz")[0]
    with pytest.raises(BadMasks) as refusal:
        UserMasks(path)(VOLUME)
    forced = UserMasks(path, force=True)(VOLUME)
    assert np.array_equal(forced.labels, wrong.labels)
    assert forced.notes[-1].lower() == f"{refusal.value.message}.".lower()


def test_another_patients_masks_are_refused_even_in_the_same_place(tmp_path):
    volume = read_volume(shared("lungpetctdx_a0002/dicom"))
    masks = nib.load(shared("lidc0001/lidc0001_totalseg_1p5mm.nii.gz"))
    affine = masks.affine.copy()
    middle = np.append((np.array(masks.shape) - 1) / 2, 1)
    wanted = np.array([-1, -1, 1]) * volume.position(tuple((n - 1) / 2 for n in volume.shape))
    affine[:3, 3] += wanted - (affine @ middle)[:3]
    nib.save(nib.Nifti1Image(np.asarray(masks.dataobj), affine), tmp_path / "masks.nii.gz")
    with pytest.raises(BadMasks) as refusal:
        UserMasks(tmp_path / "masks.nii.gz")(volume)
    assert refusal.value.code == "masks-of-another-scan"
    assert "%" in refusal.value.message


def test_a_folder_of_a_cropped_scan_with_masks_beyond_the_crop():
    folder = shared("totalsegmentator_tests/pulmonary_report/models")
    volume = read_volume(folder / "ct_cropped.nii.gz")
    labelmap = UserMasks(folder)(volume)
    assert labelmap.present == {"heart", "pulmonary_artery"}
    assert labelmap.mask("pulmonary_artery").sum() == 14261
