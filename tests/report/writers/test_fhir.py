import base64
import json
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.bundle import Bundle

from ctscribe.ct.volume import PatientIdentity
from ctscribe.report.schema import RESEARCH_USE
from ctscribe.report.writers.fhir import write_fhir
from ctscribe.report.writers.key_slices import sentences
from ctscribe.report.writers.text import write_text

WRITTEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
R4_RESOURCES = {"DiagnosticReport", "Device", "Provenance", "Observation"}


@pytest.fixture(scope="module")
def page(dicom_report, dicom_case):
    return write_fhir(dicom_report, dicom_case, WRITTEN)


@pytest.fixture(scope="module")
def resources(page):
    return [entry["resource"] for entry in json.loads(page)["entry"]]


def of_kind(resources, kind):
    return [resource for resource in resources if resource["resourceType"] == kind]


def references(value):
    """Every reference string below a value."""
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for item in value.values() for found in references(item)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []


def test_it_validates_and_reads_back_unchanged(page):
    bundle = Bundle.model_validate_json(page)
    assert json.loads(bundle.model_dump_json()) == json.loads(page)
    assert bundle.type == "collection"


def test_every_reference_points_into_the_bundle(page, resources):
    urls = [entry["fullUrl"] for entry in json.loads(page)["entry"]]
    assert len(set(urls)) == len(urls)
    assert set(references(resources)) <= set(urls)
    for entry in json.loads(page)["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{uuid.UUID(entry['resource']['id'])}"


def test_the_report_is_preliminary_and_marked_as_research(resources):
    assert {resource["resourceType"] for resource in resources} == R4_RESOURCES
    (report,) = of_kind(resources, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert report["code"]["coding"][0]["code"] == "24627-2"
    assert report["conclusion"].startswith(RESEARCH_USE)
    assert report["issued"] == "2026-01-02T03:04:05Z"
    (device,) = of_kind(resources, "Device")
    assert device["note"][0]["text"] == RESEARCH_USE
    for resource in resources:
        assert resource["meta"]["security"][0]["code"] == "HTEST"
        assert resource["meta"]["tag"][0]["display"] == RESEARCH_USE


def test_the_software_is_the_author(resources):
    (report,), (device,), (provenance,) = (
        of_kind(resources, kind) for kind in ("DiagnosticReport", "Device", "Provenance")
    )
    assert provenance["target"] == [{"reference": f"urn:uuid:{report['id']}"}]
    assert provenance["agent"][0]["who"] == {"reference": f"urn:uuid:{device['id']}"}
    assert all(o["device"] == provenance["agent"][0]["who"] for o in of_kind(resources, "Observation"))


def test_every_observation_is_a_result(resources):
    (report,) = of_kind(resources, "DiagnosticReport")
    ids = [f"urn:uuid:{o['id']}" for o in of_kind(resources, "Observation")]
    assert [item["reference"] for item in report["result"]] == ids


def test_lesions_carry_size_volume_and_place(resources, dicom_report):
    observations = [o for o in of_kind(resources, "Observation") if "component" in o]
    assert len(observations) == len(dicom_report.lesions)
    for observation, entry in zip(observations, dicom_report.lesions, strict=True):
        quantities = {part["code"]["coding"][0]["display"]: part["valueQuantity"] for part in observation["component"]}
        assert quantities["Diameter"]["value"] == pytest.approx(entry.diameter_mm, abs=1e-3)
        assert quantities["Volume"]["value"] == pytest.approx(entry.volume_ml, abs=1e-3)
        assert quantities["Volume"]["code"] == "mL"
        assert {q["system"] for q in quantities.values()} == {"http://unitsofmeasure.org"}
    fluid, nodule = observations
    assert fluid["bodySite"]["text"] == "right pleura"
    assert nodule["bodySite"]["coding"][0]["code"] == "41224006"
    assert [c["code"] for c in nodule["code"]["coding"]] == ["786838002", "RDES195"]


def test_a_mass_is_not_called_a_nodule(dicom_report, dicom_case):
    grown = dicom_report.lesions[1].model_copy(update={"diameter_mm": 42.0})
    page = write_fhir(dicom_report.model_copy(update={"lesions": (grown,)}), dicom_case)
    (mass,) = [e["resource"] for e in json.loads(page)["entry"] if "component" in e["resource"]]
    assert [c["display"] for c in mass["code"]["coding"]] == ["Mass"]


def test_biomarkers_have_a_value_or_a_reason(resources, dicom_report):
    observations = [o for o in of_kind(resources, "Observation") if "method" in o]
    assert len(observations) == len(dicom_report.biomarkers)
    for observation, entry in zip(observations, dicom_report.biomarkers, strict=True):
        assert observation["method"]["text"] == entry.method
        if entry.value is None:
            assert "valueQuantity" not in observation
            assert observation["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
            assert any(entry.reason in note["text"] for note in observation["note"])
        else:
            assert observation["valueQuantity"]["value"] == pytest.approx(entry.value)
            assert observation["valueQuantity"]["code"] == entry.unit


def test_every_sentence_is_an_observation_with_its_origin(resources, dicom_report):
    observations = [o for o in of_kind(resources, "Observation") if "component" not in o and "method" not in o]
    spoken = list(sentences(dicom_report))
    codes = {"present": "POS", "absent": "NEG", "normal": "N", "uncertain": "IND"}
    assert len(observations) == len(spoken)
    for observation, sentence in zip(observations, spoken, strict=True):
        finding, notes = sentence.finding, [note["text"] for note in observation["note"]]
        assert any(note.startswith(f"Origin: {finding.origin}") for note in notes)
        if finding.polarity == "not_assessed":
            assert "valueString" not in observation
            assert finding.text in notes
        else:
            assert observation["valueString"] == finding.text
            assert observation["interpretation"][0]["coding"][0]["code"] == codes[finding.polarity]
        assert len(observation.get("derivedFrom", [])) == len([e for e in finding.evidence if e.lesion is not None])


def test_the_text_form_is_attached(resources, dicom_report):
    (report,) = of_kind(resources, "DiagnosticReport")
    attached = base64.b64decode(report["presentedForm"][0]["data"]).decode()
    assert attached == write_text(dicom_report)


def test_ids_follow_the_report(page, dicom_report, dicom_case):
    assert write_fhir(dicom_report, dicom_case, WRITTEN) == page
    other = write_fhir(dicom_report.model_copy(update={"impression": ()}), dicom_case, WRITTEN)
    assert json.loads(other)["id"] != json.loads(page)["id"]


def test_the_study_is_referred_to_only_when_there_is_one(resources, report, made_case):
    (dicom,) = of_kind(resources, "DiagnosticReport")
    assert dicom["imagingStudy"][0]["identifier"]["value"] == "urn:oid:1.2.826.0.1.3680043.10.1"
    (plain,) = of_kind([e["resource"] for e in json.loads(write_fhir(report, made_case))["entry"]], "DiagnosticReport")
    assert "imagingStudy" not in plain


def test_patient_identity_only_where_it_was_asked_for(page, dicom_report, dicom_case):
    patient = PatientIdentity(
        name="Planted^Name", patient_id="PLANTED-ID", study_date="20190607", accession_number="PLANTED-ACC"
    )
    meta = dicom_case.volume.meta
    known = replace(dicom_case.volume, meta=replace(meta, dicom=replace(meta.dicom, patient=patient)))
    named = write_fhir(dicom_report, replace(dicom_case, volume=known), WRITTEN)
    Bundle.model_validate_json(named)
    for planted in ("Planted^Name", "PLANTED-ID", "2019-06-07", "PLANTED-ACC"):
        assert planted in named
        assert planted not in page
    assert "subject" not in page
    assert "effective" not in page


def test_a_study_date_that_is_none_is_left_out(dicom_report, dicom_case):
    meta = dicom_case.volume.meta
    dicom = replace(meta.dicom, patient=PatientIdentity(study_date="2019"))
    page = write_fhir(
        dicom_report, replace(dicom_case, volume=replace(dicom_case.volume, meta=replace(meta, dicom=dicom)))
    )
    assert not re.search("effective|subject", page)
