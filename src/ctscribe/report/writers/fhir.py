"""The report as a FHIR R4 bundle of type collection.

A DiagnosticReport (status preliminary) with the software as Device, a Provenance that names the Device as its author
(R4 allows no Device as performer), and Observations: one per lesion, per biomarker and per sentence. Only elements
that R4 and R4B share are used; the models of ``fhir.resources`` validate the bundle as R4B, the nearest it offers.

Without patient identity there is no subject: an invented patient would be one and the same for every report of this
kind. With identity the subject is a logical reference, by identifier.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from ctscribe.case import Case
from ctscribe.ct.volume import DicomReferences
from ctscribe.report.schema import BiomarkerEntry, LesionEntry, Report
from ctscribe.report.thresholds import is_mass
from ctscribe.report.writers import codes, titles
from ctscribe.report.writers.fhir_datatypes import body_site, codeable, quantity, term
from ctscribe.report.writers.fhir_narrative import narrative
from ctscribe.report.writers.identity import identity_attributes
from ctscribe.report.writers.key_slices import Sentence, sentences
from ctscribe.report.writers.text import write_text

_NAMESPACE = uuid.UUID("6c9b3c0e-6f3a-5a0e-9d43-0f9c3a1b7e52")
_INTERPRETATIONS = {
    "present": ("POS", "Positive"),
    "absent": ("NEG", "Negative"),
    "normal": ("N", "Normal"),
    "uncertain": ("IND", "Indeterminate"),
}


def write_fhir(report: Report, case: Case, written: datetime | None = None) -> str:
    """The bundle as indented JSON; the same report on the same series has the same ids.

    Parameters
    ----------
    written : the time the resources carry, now when not given.
    """
    issued = (written or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    bundle = _BundleWriter(report, case, issued).bundle()
    Bundle.model_validate(bundle)
    return json.dumps(bundle, indent=2, ensure_ascii=False) + "\n"


class _BundleWriter:
    """Builds the resources of one report."""

    def __init__(self, report: Report, case: Case, issued: datetime) -> None:
        self.report = report
        self.dicom: DicomReferences | None = case.volume.meta.dicom
        self.issued = issued.isoformat().replace("+00:00", "Z")
        self.identity = identity_attributes(self.dicom.patient if self.dicom else None)
        series = self.dicom.series_instance_uid if self.dicom else ""
        self.entropy = hashlib.sha256((series + report.model_dump_json()).encode()).hexdigest()

    def bundle(self) -> dict[str, Any]:
        lesions = [self._lesion(number, entry) for number, entry in enumerate(self.report.lesions)]
        biomarkers = [self._biomarker(entry) for entry in self.report.biomarkers]
        spoken = [self._sentence(sentence) for sentence in sentences(self.report)]
        observations = [*spoken, *lesions, *biomarkers]
        resources = [self._diagnostic_report(observations), self._device(), self._provenance(), *observations]
        return {
            "resourceType": "Bundle",
            "id": self._id("bundle"),
            "meta": self._meta(),
            "type": "collection",
            "timestamp": self.issued,
            "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources],
        }

    def _id(self, name: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self.entropy}/{name}"))

    def _reference(self, name: str) -> dict[str, str]:
        return {"reference": f"urn:uuid:{self._id(name)}"}

    def _meta(self) -> dict[str, Any]:
        """Marked as test data that no clinical system should act on."""
        return {
            "security": term("v3-ActReason", "HTEST", "test health data")["coding"],
            "tag": [
                {
                    "system": codes.SYSTEMS[codes.LOCAL_SCHEME],
                    "code": "research-use-only",
                    "display": self.report.research_use,
                }
            ],
        }

    def _resource(self, kind: str, name: str) -> dict[str, Any]:
        return {"resourceType": kind, "id": self._id(name), "meta": self._meta()}

    def _about(self) -> dict[str, Any]:
        """Subject and study date, where the scan was read with patient identity."""
        about: dict[str, Any] = {}
        subject: dict[str, Any] = {}
        if self.identity["PatientID"]:
            subject["identifier"] = {"value": self.identity["PatientID"]}
        if self.identity["PatientName"]:
            subject["display"] = self.identity["PatientName"]
        if subject:
            about["subject"] = {"type": "Patient", **subject}
        if date := self.identity["StudyDate"]:
            about["effectiveDateTime"] = f"{date[:4]}-{date[4:6]}-{date[6:]}"
        return about

    def _study(self) -> list[dict[str, Any]]:
        if self.dicom is None:
            return []
        identifier = {"system": "urn:dicom:uid", "value": f"urn:oid:{self.dicom.study_instance_uid}"}
        return [{"type": "ImagingStudy", "identifier": identifier}]

    def _diagnostic_report(self, observations: list[dict[str, Any]]) -> dict[str, Any]:
        impression = " ".join(finding.text for finding in self.report.impression)
        resource = {
            **self._resource("DiagnosticReport", "report"),
            "language": "en",
            "text": {"status": "generated", "div": narrative(self.report)},
            "status": "preliminary",
            "category": [term("v2-0074", "RAD", "Radiology")],
            "code": codeable(codes.CT_CHEST),
            **self._about(),
            "issued": self.issued,
            "result": [{"reference": f"urn:uuid:{observation['id']}"} for observation in observations],
            "conclusion": f"{self.report.research_use} {impression}".strip(),
            "presentedForm": [
                {
                    "contentType": "text/plain; charset=utf-8",
                    "language": "en",
                    "data": base64.b64encode(write_text(self.report).encode()).decode("ascii"),
                    "title": "Chest CT report",
                }
            ],
        }
        if number := self.identity["AccessionNumber"]:
            resource["identifier"] = [{"type": term("v2-0203", "ACSN", "Accession ID"), "value": number}]
        if study := self._study():
            resource["imagingStudy"] = study
        return resource

    def _device(self) -> dict[str, Any]:
        author = self.report.author
        return {
            **self._resource("Device", "device"),
            "deviceName": [{"name": author.software, "type": "user-friendly-name"}],
            "version": [{"value": f"{author.name} {author.version}"}, {"value": f"segmentation: {author.segmenter}"}],
            "note": [{"text": self.report.research_use}],
        }

    def _provenance(self) -> dict[str, Any]:
        return {
            **self._resource("Provenance", "provenance"),
            "target": [self._reference("report")],
            "recorded": self.issued,
            "agent": [
                {
                    "type": term("provenance-participant-type", "author", "Author"),
                    "who": self._reference("device"),
                }
            ],
        }

    def _observation(self, name: str, code: dict[str, Any]) -> dict[str, Any]:
        return {
            **self._resource("Observation", name),
            "status": "preliminary",
            "category": [term("observation-category", "imaging", "Imaging")],
            "code": code,
            **self._about(),
            "device": self._reference("device"),
        }

    def _lesion(self, number: int, entry: LesionEntry) -> dict[str, Any]:
        nodule = entry.kind == "lung_nodule" and not is_mass(entry.kind, entry.diameter_mm)
        found = codes.finding_of(entry)
        size = (codes.DIAMETER, codes.RADELEMENT_NODULE_SIZE) if nodule else (codes.DIAMETER,)
        components = [(size, entry.diameter_mm, "mm"), ((codes.VOLUME,), entry.volume_ml, "mL")]
        if entry.mean_hu is not None:
            components.append(((codes.MEAN_ATTENUATION,), entry.mean_hu, "[hnsf'U]"))
        certainty = "" if entry.confidence is None else f" Certainty of the finder {entry.confidence:.2f}."
        return {
            **self._observation(f"lesion-{number}", codeable(found, *([codes.RADELEMENT_NODULE] if nodule else []))),
            "bodySite": body_site(entry.sub_region),
            "note": [{"text": f"Found by {entry.source}.{certainty}"}],
            "component": [
                {"code": codeable(*concepts), "valueQuantity": quantity(value, unit)}
                for concepts, value, unit in components
            ],
        }

    def _biomarker(self, entry: BiomarkerEntry) -> dict[str, Any]:
        measured = codes.quantity_of(entry.name, entry.region)
        observation = {
            **self._observation(
                f"biomarker-{entry.name}", codeable(measured.concept, text=titles.biomarker_title(entry.name))
            ),
            "bodySite": body_site(measured.site),
            "method": {"text": entry.method},
        }
        notes = [entry.limits, "The outline measured is only roughly right." if entry.approximate else ""]
        if entry.value is None:
            observation["dataAbsentReason"] = term("data-absent-reason", "not-performed", "Not Performed")
            notes.append(f"Not assessable: {entry.reason}.")
        else:
            observation["valueQuantity"] = quantity(entry.value, entry.unit)
        texts = [{"text": note} for note in notes if note]
        return {**observation, "note": texts} if texts else observation

    def _sentence(self, sentence: Sentence) -> dict[str, Any]:
        finding = sentence.finding
        code = codes.RADIOLOGY_IMPRESSION if sentence.region is None else codes.RADIOLOGY_OBSERVATION
        observation = self._observation(sentence.anchor, codeable(code))
        origin = f"Origin: {finding.origin} ({titles.ORIGINS[finding.origin]})."
        notes = [origin, *finding.notes]
        if sentence.region is not None:
            observation["bodySite"] = body_site(sentence.region)
        if finding.polarity == "not_assessed":
            observation["dataAbsentReason"] = term("data-absent-reason", "not-performed", "Not Performed")
            notes.insert(0, finding.text)
        else:
            observation["valueString"] = finding.text
            observation["interpretation"] = [term("v3-ObservationInterpretation", *_INTERPRETATIONS[finding.polarity])]
        observation["note"] = [{"text": note} for note in notes]
        lesions = dict.fromkeys(e.lesion for e in finding.evidence if e.lesion is not None)
        sources = [self._reference(f"lesion-{number}") for number in lesions]
        if sources:
            observation["derivedFrom"] = sources
        return observation
