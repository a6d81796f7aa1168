from __future__ import annotations

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from conftest import shared
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.anatomy.writing import lesion_labels, nifti_bytes, write_labelmap
from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadInput, CTScribeError

VOLUME, TRUTH = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))


def with_lesions(rng) -> LabelMap:
    masks = {kind: rng.random(VOLUME.shape) < 0.02 for kind in ("lung_nodule", "consolidation", "pleural_effusion")}
    assert (masks["lung_nodule"] & masks["consolidation"]).any()
    return replace(
        TRUTH,
        lesions=masks | {"ground_glass": np.zeros(VOLUME.shape, dtype=bool)},
        confidence={"similarity": 0.93},
        approximate=frozenset({"aorta", "heart"}),
        notes=("The lung bases are cut off.",),
    )


@pytest.mark.parametrize("lesions", [True, False])
@pytest.mark.parametrize("name", ["masks.nii.gz", "masks.nii"])
def test_a_label_map_comes_back_as_it_was(tmp_path, rng, name, lesions):
    labelmap = with_lesions(rng) if lesions else replace(with_lesions(rng), lesions={})
    files = write_labelmap(labelmap, tmp_path / name)
    again = UserMasks(files[0])(VOLUME)
    assert np.array_equal(again.labels, labelmap.labels) and again.labels.dtype == labelmap.labels.dtype
    assert dict(again.names) == dict(labelmap.names)
    assert set(again.lesions) == set(labelmap.lesions)
    for kind, mask in labelmap.lesions.items():
        assert np.array_equal(again.lesions[kind], mask), kind
    assert (again.confidence, again.approximate, again.notes) == (
        labelmap.confidence,
        labelmap.approximate,
        labelmap.notes,
    )
    assert np.array_equal(again.affine, labelmap.affine)
    assert again.source == "drawn truth, from a file"


def test_lesions_that_were_looked_for_and_not_found_stay_so(tmp_path):
    labelmap = replace(TRUTH, lesions={"lung_nodule": np.zeros(VOLUME.shape, dtype=bool)})
    again = UserMasks(write_labelmap(labelmap, tmp_path / "masks.nii.gz")[0])(VOLUME)
    assert list(again.lesions) == ["lung_nodule"] and not again.lesions["lung_nodule"].any()


def test_ids_beyond_a_byte(tmp_path):
    labels = np.where(TRUTH.labels > 0, TRUTH.labels.astype(np.uint16) + 500, 0).astype(np.uint16)
    labelmap = replace(TRUTH, labels=labels, names={label + 500: name for label, name in TRUTH.names.items()})
    again = UserMasks(write_labelmap(labelmap, tmp_path / "masks.nii.gz")[0])(VOLUME)
    assert np.array_equal(again.labels, labels) and again.labels.dtype == np.uint16


def test_writing_twice_gives_the_same_bytes(tmp_path, rng):
    labelmap = with_lesions(rng)
    first = [file.read_bytes() for file in write_labelmap(labelmap, tmp_path / "masks.nii.gz")]
    assert first == [file.read_bytes() for file in write_labelmap(labelmap, tmp_path / "masks.nii.gz")]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["masks.json", "masks.nii.gz", "masks_lesions.nii.gz"]


def test_lesion_labels_against_a_loop(rng):
    masks = {kind: rng.random((3, 4, 5)) < 0.5 for kind in ("lung_nodule", "consolidation", "ground_glass")}
    labels, names = lesion_labels(masks)
    for index in np.ndindex(labels.shape):
        there = sorted(kind for kind, mask in masks.items() if mask[index])
        assert names.get(int(labels[index]), "") == "+".join(there)


def test_voxels_lie_where_they_did(tmp_path):
    """Read by two other programs' readers, each voxel of the file is the scan's voxel at that place."""
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]]
    affine = turned @ TRUTH.affine
    path = write_labelmap(replace(TRUTH, affine=affine), tmp_path / "masks.nii.gz")[0]
    image, itk = nib.load(path), sitk.ReadImage(str(path))
    for z, y, x in [(0, 0, 0), (39, 0, 59), (12, 30, 7)]:
        lps = (affine @ [z, y, x, 1])[:3]
        assert np.allclose((image.affine @ [x, y, z, 1])[:3], lps * [-1, -1, 1], atol=1e-3)
        assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-3)
        assert np.allclose(itk.TransformIndexToPhysicalPoint((x, y, z)), lps, atol=1e-3)
        assert itk[x, y, z] == TRUTH.labels[z, y, x]
    assert image.header.get_xyzt_units()[0] == "mm"


def test_the_file_of_a_scan_lies_over_the_original():
    """The canonical grid runs another way than this file's, yet the same place has the same value."""
    original = nib.load(shared("lidc0001/lidc0001_ct_1p5mm.nii.gz"))
    volume = read_volume(shared("lidc0001/lidc0001_ct_1p5mm.nii.gz"))
    written = nib.Nifti1Image.from_bytes(nifti_bytes(volume.hu, volume.affine))
    step = np.linalg.solve(original.affine, written.affine)
    assert not np.allclose(step[:3, :3], np.eye(3))
    stored, ours = np.asarray(original.dataobj), np.asarray(written.dataobj)
    for index in [(0, 0, 0), (100, 120, 90), (239, 3, 221)]:
        there = np.rint((step @ [*index, 1])[:3]).astype(int)
        assert stored[tuple(there)] == ours[index]


@pytest.mark.parametrize("name", ["masks.nrrd", "masks", ".nii.gz", "masks.nii.zip"])
def test_other_formats_are_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(BadInput) as refusal:
        write_labelmap(TRUTH, tmp_path / name)
    assert refusal.value.code == "unknown-mask-format"
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_files(tmp_path, monkeypatch):
    path = write_labelmap(TRUTH, tmp_path / "masks.nii.gz")[0]
    before = path.read_bytes()
    monkeypatch.setattr("ctscribe.files.os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(CTScribeError):
        write_labelmap(replace(TRUTH, labels=TRUTH.labels * 0), path)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["masks.json", "masks.nii.gz"]


def test_nothing_of_the_patient_is_written(tmp_path):
    volume = CTVolume(VOLUME.hu, VOLUME.affine)
    files = write_labelmap(UserMasks(write_labelmap(TRUTH, tmp_path / "a.nii")[0])(volume), tmp_path / "b.nii")
    assert set(json.loads(files[-1].read_text())) == {"names", "source", "approximate", "confidence", "notes"}
