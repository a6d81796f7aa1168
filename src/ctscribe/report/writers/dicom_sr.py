"""The report as a DICOM Comprehensive 3D SR document: TID 1500 Measurement Report.

Every lesion is a volumetric measurement group (TID 1411) whose region is the lesion's outline in each slice, as
polygons in the scan's frame of reference; a lesion seen in a single slice, or whose mask is not at hand, is a
measurement group without region (TID 1501) that points at its key slice. Every biomarker is a TID 1501 group. The
sentences stand as text under Qualitative Evaluations (TID 1500, row 12), each with its region, polarity and origin,
and with the key slice it was inferred from.
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import highdicom as hd
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from ctscribe.case import Case
from ctscribe.ct.volume import DicomReferences
from ctscribe.report.schema import Report
from ctscribe.report.writers import no_dicom_source
from ctscribe.report.writers.codes import LOCAL_SCHEME
from ctscribe.report.writers.identity import identity_attributes
from ctscribe.report.writers.sr_content import MeasurementReportContent

SERIES_DESCRIPTION = "AI generated. Research use only. Not for clinical use."
_SERIES_NUMBER = 9950  # above what scanners count to, so that it sorts after the images


def write_dicom_sr(report: Report, case: Case, written: datetime | None = None) -> bytes:
    """The SR document as a DICOM file with an empty preamble.

    The same report on the same series has the same UIDs. Patient identity is written only where the scan was read
    with it; otherwise the attributes are there and empty.

    Parameters
    ----------
    written : content date and time, now when not given.

    Raises
    ------
    BadInput : the scan does not come from a DICOM series (code ``no-dicom-source``).
    """
    references = case.volume.meta.dicom
    if references is None:
        raise no_dicom_source(case)
    written = (written or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    entropy = [references.series_instance_uid, hashlib.sha256(report.model_dump_json().encode()).hexdigest()]
    content = MeasurementReportContent(report, case, references, entropy).build()[0]
    evidence = _evidence(references)
    document = hd.sr.Comprehensive3DSR(
        evidence=evidence,
        content=content,
        series_instance_uid=generate_uid(entropy_srcs=[*entropy, "series"]),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(entropy_srcs=[*entropy, "document"]),
        instance_number=1,
        manufacturer="ctscribe",
        manufacturer_model_name=report.author.software,
        software_versions=report.author.software,
        device_serial_number=report.author.version,
        series_description=SERIES_DESCRIPTION,
        content_date=written.date(),
        content_time=written.time(),
        coding_schemes=[
            CodingSchemeIdentificationItem(LOCAL_SCHEME, name="ctscribe", responsible_organization="ctscribe")
        ],
        specific_character_set=_character_set(content, evidence[0]),
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    _stamp(document, written)
    return _encoded(document)


def _stamp(document: Dataset, written: datetime) -> None:
    """Every time in the document is the report's, in UTC; highdicom takes that of its own call for these."""
    document.TimezoneOffsetFromUTC = "+0000"
    document.InstanceCreationDate, document.InstanceCreationTime = document.ContentDate, document.ContentTime
    for item in document.get("ContributingEquipmentSequence", []):
        item.ContributionDateTime = written.strftime("%Y%m%d%H%M%S")


def _character_set(*datasets: Dataset) -> str:
    """Latin-1, which every reader knows, unless a text needs UTF-8."""
    texts = (str(element.value) for dataset in datasets for element in dataset.iterall() if element.VR != "SQ")
    return "ISO_IR 100" if all(_is_latin(text) for text in texts) else "ISO_IR 192"


def _is_latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _encoded(document: Dataset) -> bytes:
    document.preamble = b"\0" * 128
    buffer = io.BytesIO()
    document.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _evidence(references: DicomReferences) -> list[Dataset]:
    """The source objects, with the attributes that highdicom copies into the document and no others."""
    datasets = []
    for instance in dict.fromkeys(references.sop_instance_uids):
        dataset = Dataset()
        dataset.SOPClassUID = references.sop_class_uid
        dataset.SOPInstanceUID = instance
        dataset.StudyInstanceUID = references.study_instance_uid
        dataset.SeriesInstanceUID = references.series_instance_uid
        dataset.Modality = "CT"
        for keyword, value in identity_attributes(references.patient).items():
            setattr(dataset, keyword, value)
        datasets.append(dataset)
    return datasets
