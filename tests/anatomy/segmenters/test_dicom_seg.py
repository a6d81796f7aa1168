"""DICOM segmentations of a synthetic series, as highdicom writes them."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pydicom
import pytest
import yaml
from dicom_series import slices, write
from phantoms import chest_phantom
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import RTStructureSetStorage

from ctscribe.anatomy.segmenters import dicom_seg
from ctscribe.anatomy.segmenters.class_names import meaning_of
from ctscribe.anatomy.segmenters.dicom_seg import read_segmentation, segmentation_files
from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.ct.readers import read_volume
from ctscribe.errors import BadMasks

TRUTH = chest_phantom((30, 64, 80), (10.0, 5.0, 5.0))[1]
NAMES = ("liver", "lung_upper_lobe_left", "vertebrae_T7", "aorta")
TISSUE = codes.SCT.Tissue
LEFT, RIGHT = codes.SCT.Left, codes.SCT.Right


def objects_of_series():
    """The series, with the few attributes that a segmentation copies from it."""
    return slices(StudyTime="", ReferringPhysicianName="")


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    return read_volume(write(objects_of_series(), tmp_path_factory.mktemp("series")))


def described(number, label, kind=TISSUE, modifier=None, region=None):
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=TISSUE,
        segmented_property_type=kind,
        algorithm_type="MANUAL",
        anatomic_regions=[region] if region else None,
    )
    if modifier:
        item = hd.sr.CodedConcept(modifier.value, modifier.scheme_designator, modifier.meaning)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [item]
    return description


def segmentation(objects, masks, descriptions, kind="BINARY", **options):
    """One object; ``masks`` (z, y, x) or, for several segments, (z, y, x, segment)."""
    return hd.seg.Segmentation(
        source_images=objects,
        pixel_array=masks,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=hd.UID(),
        series_number=9,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="ACME",
        manufacturer_model_name="pencil",
        software_versions="1",
        device_serial_number="1",
        **options,
    )


def organs(kind="BINARY"):
    stacked = np.stack([TRUTH.mask(name) for name in NAMES], axis=-1)
    pixels = stacked.astype(np.uint8)
    if kind == "FRACTIONAL":
        pixels = stacked * 0.8
    if kind == "LABELMAP":
        pixels = (stacked * np.arange(1, len(NAMES) + 1)).sum(axis=-1).astype(np.uint8)
    return pixels, [described(i, name) for i, name in enumerate(NAMES, start=1)]


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_every_kind_gives_the_masks_back(volume, tmp_path, kind):
    objects = objects_of_series()
    segmentation(objects, *organs(kind), kind=kind).save_as(tmp_path / "seg.dcm")
    labelmap = UserMasks(tmp_path / "seg.dcm")(volume)
    for name in NAMES:
        assert np.array_equal(labelmap.mask(name), TRUTH.mask(name)), name
    assert labelmap.present == set(NAMES)


def test_fractions_count_from_a_half(volume, tmp_path):
    objects = objects_of_series()
    liver = TRUTH.mask("liver")
    fractions = np.where(np.arange(liver.shape[2]) % 2 == 0, 0.4, 0.6) * liver
    segmentation(objects, fractions, [described(1, "liver")], kind="FRACTIONAL").save_as(tmp_path / "seg.dcm")
    assert np.array_equal(UserMasks(tmp_path / "seg.dcm")(volume).mask("liver"), fractions > 0.5)


def test_a_lesion_may_overlap_an_organ(volume, tmp_path):
    objects = objects_of_series()
    nodule = np.zeros(TRUTH.labels.shape, dtype=bool)
    where = np.argwhere(TRUTH.mask("lung_upper_lobe_left"))[300]
    nodule[tuple(where)] = True
    pixels = np.stack([TRUTH.mask("lung_upper_lobe_left"), nodule], axis=-1).astype(np.uint8)
    descriptions = [described(1, "lung_upper_lobe_left"), described(2, "Lung nodule")]
    segmentation(objects, pixels, descriptions).save_as(tmp_path / "seg.dcm")
    labelmap = UserMasks(tmp_path / "seg.dcm")(volume)
    assert np.array_equal(labelmap.mask("lung_upper_lobe_left"), TRUTH.mask("lung_upper_lobe_left"))
    assert np.array_equal(labelmap.lesions["lung_nodule"], nodule)


def test_a_folder_may_hold_the_scan_and_several_segmentations(volume, tmp_path):
    objects = objects_of_series()
    write(objects, tmp_path)
    for number, name in enumerate(NAMES):
        pixels = TRUTH.mask(name).astype(np.uint8)
        segmentation(objects, pixels, [described(1, name)]).save_as(tmp_path / f"seg{number}.dcm")
    assert len(segmentation_files(tmp_path)) == len(NAMES)
    labelmap = UserMasks(tmp_path)(volume)
    assert all(np.array_equal(labelmap.mask(name), TRUTH.mask(name)) for name in NAMES)


CODED = [
    (codes.SCT.LowerLobeOfLung, LEFT, None, "lung_lower_lobe_left"),
    (codes.SCT.Kidney, RIGHT, None, "kidney_right"),
    (codes.SCT.Liver, None, None, "liver"),
    (codes.SCT.PleuralEffusion, None, None, "pleural_effusion"),
    (codes.SCT.Cyst, None, codes.SCT.Kidney, "kidney_cyst"),
    (codes.SCT.Nodule, None, codes.SCT.Lung, "lung_nodule"),
    (codes.SCT.Kidney, None, None, "Segment_1"),
    (Code("1", "99X", "unheard of"), None, None, "Segment_1"),
]


@pytest.mark.parametrize(("kind", "modifier", "region", "name"), CODED)
def test_codes_name_a_segment_whose_label_does_not(kind, modifier, region, name):
    pixels = TRUTH.mask("liver").astype(np.uint8)
    coded = segmentation(objects_of_series(), pixels, [described(1, "Segment_1", kind, modifier, region)])
    assert dicom_seg.segment_name(coded, 1) == name


def test_code_table():
    table = yaml.safe_load((dicom_seg.resources.files(dicom_seg.__package__) / "snomed.yaml").read_text())
    known = {code: meaning for entry in concepts["SCT"].values() for code, (meaning, *_) in entry.items()}
    for code, name in table["structures"].items():
        for side in ("left", "right"):
            assert meaning_of(name.format(side=side)), name
        if code in known:
            word = name.replace("_{side}", "").replace("rib_", "rib").split("_")[-1][:4].lower()
            assert word in known[code].lower() or name.split("_")[0][:4] in known[code].lower(), (name, known[code])
    assert set(table["lesions"].values()) <= {"lung_nodule", "pleural_effusion", "pericardial_effusion", "kidney_cyst"}


def test_another_frame_of_reference_is_refused(volume, tmp_path):
    elsewhere = objects_of_series()
    for dataset in elsewhere:
        dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.4"
    segmentation(elsewhere, *organs()).save_as(tmp_path / "seg.dcm")
    with pytest.raises(BadMasks) as refusal:
        UserMasks(tmp_path / "seg.dcm")(volume)
    assert refusal.value.code == "masks-of-another-scan"


def test_another_series_of_the_same_frame_of_reference_is_taken(volume, tmp_path):
    thinner = objects_of_series()
    for dataset in thinner:
        dataset.SeriesInstanceUID = "1.2.3"
    segmentation(thinner, *organs()).save_as(tmp_path / "seg.dcm")
    assert np.array_equal(UserMasks(tmp_path / "seg.dcm")(volume).mask("liver"), TRUTH.mask("liver"))


def test_omitted_empty_planes_do_not_shift_the_others(volume, tmp_path):
    objects = objects_of_series()
    pixels = TRUTH.mask("liver").astype(np.uint8)
    written = segmentation(objects, pixels, [described(1, "liver")], omit_empty_frames=True)
    assert written.NumberOfFrames < len(objects)
    written.save_as(tmp_path / "seg.dcm")
    assert np.array_equal(UserMasks(tmp_path / "seg.dcm")(volume).mask("liver"), TRUTH.mask("liver"))


def cut(path):
    path.write_bytes(path.read_bytes()[:-4000])


def swell(path):
    dataset = pydicom.dcmread(path)
    dataset.Rows = dataset.Columns = 60000
    dataset.save_as(path)


def make_scan(path):
    write(objects_of_series()[:1], path.parent)
    next(path.parent.glob("3-*")).replace(path)


def make_structure_set(path):
    dataset = pydicom.dcmread(path)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    dataset.save_as(path)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (cut, "unreadable-masks"),
        (swell, "unreadable-masks"),
        (make_scan, "unreadable-masks"),
        (make_structure_set, "rt-structure-set"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(volume, tmp_path, damage, code):
    path = tmp_path / "seg.dcm"
    segmentation(objects_of_series(), *organs()).save_as(path)
    damage(path)
    with pytest.raises(BadMasks) as refusal:
        list(read_segmentation(path, volume))
    assert refusal.value.code == code
    assert "\n" not in refusal.value.message


def test_a_folder_of_images_alone_has_no_masks(volume, tmp_path):
    with pytest.raises(BadMasks) as refusal:
        UserMasks(write(objects_of_series(), tmp_path))(volume)
    assert refusal.value.code == "no-masks-in-folder"
