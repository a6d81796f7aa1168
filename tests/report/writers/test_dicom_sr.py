import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import highdicom as hd
import numpy as np
import pydicom
import pytest

from ctscribe.ct.volume import PatientIdentity
from ctscribe.errors import BadInput
from ctscribe.report.schema import RESEARCH_USE
from ctscribe.report.writers.dicom_sr import SERIES_DESCRIPTION, write_dicom_sr
from ctscribe.report.writers.key_slices import sentences
from ctscribe.report.writers.sr_content import plain

WRITTEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read(content):
    return hd.sr.srread(io.BytesIO(content))


def texts(dataset, meaning):
    """Values of all TEXT items below ``dataset`` whose concept name has this meaning, in order."""
    found = []
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeMeaning == meaning:
            found.append(item.TextValue)
        found += texts(item, meaning)
    return found


@pytest.fixture(scope="module")
def content(dicom_report, dicom_case):
    return write_dicom_sr(dicom_report, dicom_case, WRITTEN)


@pytest.fixture(scope="module")
def document(content):
    return read(content)


def test_it_is_a_preliminary_tid_1500_report_in_the_scans_study(document, dicom_case):
    source = dicom_case.volume.meta.dicom
    assert document.SOPClassUID == pydicom.uid.Comprehensive3DSRStorage
    assert document.StudyInstanceUID == source.study_instance_uid
    assert document.SeriesInstanceUID != source.series_instance_uid
    assert document.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (document.PreliminaryFlag, document.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    stamp = document.ContentDate, document.ContentTime, document.TimezoneOffsetFromUTC
    assert stamp == ("20260102", "030405", "+0000")


def test_research_use_is_said_in_the_series_and_in_the_content(document):
    assert document.SeriesDescription == SERIES_DESCRIPTION == "AI generated. Research use only. Not for clinical use."
    assert texts(document, "Comment")[0] != ""
    assert RESEARCH_USE in texts(document, "Comment")
    assert texts(document, "Device Observer Name") == [RESEARCH_USE]


def test_every_lesion_is_a_volumetric_group_with_its_figures(document, dicom_report):
    groups = document.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == len(dicom_report.lesions)
    for number, (group, entry) in enumerate(zip(groups, dicom_report.lesions, strict=True), start=1):
        figures = {m.name.meaning: (m.value, m.unit.value) for m in group.get_measurements()}
        assert figures["Diameter"] == (pytest.approx(entry.diameter_mm), "mm")
        assert figures["Volume"] == (pytest.approx(entry.volume_ml, abs=1e-3), "mL")
        assert figures["Mean Attenuation Coefficient"][1] == "[hnsf'U]"
        assert group.tracking_identifier == f"lesion {number}"
    fluid, nodule = groups
    assert fluid.finding_type.meaning == "Pleural effusion"
    assert nodule.finding_type.meaning == "Nodule of lung"
    assert nodule.finding_sites[0].value.meaning == "Lower lobe of lung"
    assert nodule.finding_sites[0].laterality.meaning == "Left"


def test_the_surface_runs_half_a_voxel_around_the_lesion_in_patient_millimetres(document, dicom_case):
    _, y, x = dicom_case.volume.spacing
    half = np.array([x / 2, y / 2, 0])
    groups = document.content.get_volumetric_roi_measurement_groups()
    for group, lesion in zip(groups, dicom_case.lesions, strict=True):
        points = np.concatenate(group.roi.graphic_data)
        low, high = (np.array(dicom_case.volume.position(tuple(side[end] for side in lesion.box))) for end in (0, 1))
        assert np.allclose(points.min(axis=0), low - half, atol=1e-3)
        assert np.allclose(points.max(axis=0), high + half, atol=1e-3)


def test_every_measured_biomarker_is_a_group_and_the_others_are_text(document, dicom_report):
    groups = {g.tracking_identifier: g for g in document.content.get_image_measurement_groups()}
    for entry in dicom_report.biomarkers:
        if entry.value is None:
            assert entry.name not in groups
            assert f"Liver attenuation was not assessable: {entry.reason}." in texts(document, "Comment")
        else:
            (measurement,) = groups[entry.name].get_measurements()
            assert (measurement.value, measurement.unit.value) == (pytest.approx(entry.value), entry.unit)
    assert groups["vertebral_attenuation_T12"].finding_sites[0].value.meaning == "T12 vertebra"


def test_every_sentence_is_there_with_its_polarity_and_origin(document, dicom_report):
    spoken = list(sentences(dicom_report))
    impression = [plain(s.finding.text) for s in spoken if s.region is None]
    findings = [plain(s.finding.text) for s in spoken if s.region is not None]
    assert texts(document, "Impression") == impression
    assert texts(document, "Finding") == findings
    assert len(texts(document, "How the sentence arose")) == len(spoken)
    assert texts(document, "How the sentence arose").count("written by a language model") == 1
    assert texts(document, "What the sentence claims").count("uncertain") == 1


def test_references_are_to_the_source_series_and_to_the_right_slice(document, dicom_case, dicom_report):
    source = dicom_case.volume.meta.dicom
    (study,) = document.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.series_instance_uid
    referenced = {item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence}
    assert referenced == set(source.sop_instance_uids)
    aorta = next(
        g for g in document.content.get_image_measurement_groups() if g.tracking_identifier.startswith("descending")
    )
    assert aorta.source_images[0].referenced_sop_instance_uid == source.sop_instance_uids[20]


def test_a_series_that_is_not_aligned_is_referred_to_as_a_whole(dicom_report, dicom_case):
    meta = dicom_case.volume.meta
    loose = replace(meta, dicom=replace(meta.dicom, aligned=False))
    document = read(write_dicom_sr(dicom_report, replace(dicom_case, volume=replace(dicom_case.volume, meta=loose))))
    assert len(document.content.get_volumetric_roi_measurement_groups()) == 2
    assert all(not group.source_images for group in document.content.get_image_measurement_groups())
    inferred = [i for i in document.iterall() if i.tag == pydicom.tag.Tag("ConceptNameCodeSequence")]
    assert not any("Best illustration" in str(i.value) for i in inferred)


def test_frames_of_a_multi_frame_object_are_referred_to_by_number(dicom_report, dicom_case):
    meta = dicom_case.volume.meta
    depth = dicom_case.volume.shape[0]
    frames = replace(
        meta.dicom,
        sop_instance_uids=(meta.dicom.sop_instance_uids[0],) * depth,
        frame_numbers=tuple(range(depth, 0, -1)),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2.1",
    )
    case = replace(dicom_case, volume=replace(dicom_case.volume, meta=replace(meta, dicom=frames)))
    document = read(write_dicom_sr(dicom_report, case))
    aorta = next(
        g for g in document.content.get_image_measurement_groups() if g.tracking_identifier.startswith("descending")
    )
    assert aorta.source_images[0].referenced_frame_numbers == [depth - 20]


def test_a_lesion_in_one_slice_has_no_surface_but_its_key_slice(dicom_report, dicom_case):
    nodule = dicom_case.lesions[1]
    mask = np.zeros(dicom_case.volume.shape, dtype=bool)
    mask[nodule.key_slice] = dicom_case.labelmap.lesions["lung_nodule"][nodule.key_slice]
    thin = replace(nodule, slices=(nodule.key_slice,) * 2, box=((nodule.key_slice,) * 2, *nodule.box[1:]))
    labelmap = replace(dicom_case.labelmap, lesions={"lung_nodule": mask})
    case = replace(dicom_case, labelmap=labelmap, lesions=(dicom_case.lesions[0], thin))
    document = read(write_dicom_sr(dicom_report, case))
    group = next(g for g in document.content.get_image_measurement_groups() if g.tracking_identifier == "lesion 2")
    uid = dicom_case.volume.meta.dicom.sop_instance_uids[nodule.key_slice]
    assert group.source_images[0].referenced_sop_instance_uid == uid


def test_the_same_report_has_the_same_uids_and_another_has_others(content, dicom_report, dicom_case):
    assert write_dicom_sr(dicom_report, dicom_case, WRITTEN) == content
    other = write_dicom_sr(dicom_report.model_copy(update={"impression": ()}), dicom_case, WRITTEN)
    assert read(other).SOPInstanceUID != read(content).SOPInstanceUID


def test_a_key_slice_outside_the_scan_is_not_referred_to(dicom_report, dicom_case):
    stray = dicom_report.impression[0].evidence[0].model_copy(update={"key_slice": dicom_case.volume.shape[0]})
    finding = dicom_report.impression[0].model_copy(update={"evidence": (stray,)})
    document = read(write_dicom_sr(dicom_report.model_copy(update={"impression": (finding,)}), dicom_case))
    assert texts(document, "Impression") == [plain(finding.text)]


def test_the_preamble_is_empty(content):
    assert content[:128] == b"\0" * 128
    assert content[128:132] == b"DICM"


def test_a_report_without_lesions_and_figures_is_still_a_report(dicom_report, dicom_case):
    bare = dicom_report.model_copy(update={"lesions": (), "biomarkers": (), "impression": (), "sections": ()})
    document = read(write_dicom_sr(bare, dicom_case))
    assert document.content.get_volumetric_roi_measurement_groups() == []
    assert texts(document, "Finding") == []


def test_characters_beyond_latin_1_are_kept(dicom_report, dicom_case):
    assert "ISO_IR 100" in read(write_dicom_sr(dicom_report, dicom_case)).SpecificCharacterSet
    greek = dicom_report.model_copy(update={"notes": ("α-angle, 12–13 mm",)})
    document = read(write_dicom_sr(greek, dicom_case))
    assert document.SpecificCharacterSet == "ISO_IR 192"
    assert "α-angle, 12-13 mm" in texts(document, "Comment")


def test_patient_identity_only_where_it_was_asked_for(content, dicom_report, dicom_case):
    patient = PatientIdentity(
        name="Planted^Name", patient_id="PLANTED-ID", birth_date="19310405", study_date="20190607", sex="F"
    )
    meta = dicom_case.volume.meta
    known = replace(dicom_case.volume, meta=replace(meta, dicom=replace(meta.dicom, patient=patient)))
    named = write_dicom_sr(dicom_report, replace(dicom_case, volume=known), WRITTEN)
    for planted in (b"Planted", b"PLANTED-ID", b"19310405", b"20190607"):
        assert planted in named
        assert planted not in content
    assert read(content).PatientName == ""


def test_a_scan_that_is_not_dicom_is_refused(report, made_case):
    with pytest.raises(BadInput, match="needs a DICOM scan") as refused:
        write_dicom_sr(report, made_case)
    assert refused.value.code == "no-dicom-source"
    assert refused.value.hint


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="dcmtk's dsrdump is not installed")
def test_dcmtk_reads_it_without_a_word_of_complaint(content, tmp_path):
    path = tmp_path / "report.dcm"
    path.write_bytes(content)
    dump = subprocess.run(["dsrdump", str(path)], capture_output=True, text=True, check=True)
    assert dump.stderr == ""
    assert dump.stdout.startswith("Comprehensive 3D SR Document")


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools' dciodvfy is not installed")
def test_dciodvfy_finds_no_error(content, tmp_path):
    path = tmp_path / "report.dcm"
    path.write_bytes(content)
    check = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    assert "Error" not in check.stderr
