"""The patient's identity as DICOM allows it to be written."""

from __future__ import annotations

from pydicom.config import RAISE
from pydicom.valuerep import DA, TM, validate_value

from ctscribe.ct.volume import PatientIdentity

_PARSERS = {"DA": DA, "TM": TM}


def identity_attributes(patient: PatientIdentity | None) -> dict[str, str]:
    """DICOM keyword → value, all of them; empty without identity, and where DICOM does not allow the value.

    Invalid values must not reach pydicom, highdicom or pydantic, whose warnings and errors quote them.
    """
    patient = patient or PatientIdentity()
    return {
        "PatientName": _valid("PN", patient.name),
        "PatientID": _valid("LO", patient.patient_id),
        "PatientBirthDate": _valid("DA", patient.birth_date),
        "PatientSex": patient.sex if patient.sex in {"F", "M", "O"} else "",
        "AccessionNumber": _valid("SH", patient.accession_number),
        "StudyID": _valid("SH", patient.study_id),
        "StudyDate": _valid("DA", patient.study_date),
        "StudyTime": _valid("TM", patient.study_time),
        "ReferringPhysicianName": _valid("PN", patient.referring_physician),
    }


def _valid(vr: str, value: str) -> str:
    if "\\" in value:  # DICOM's separator of several values
        return ""
    try:
        validate_value(vr, value, RAISE)
        if value and vr in _PARSERS:
            _PARSERS[vr](value)
    except ValueError:
        return ""
    one_component = vr == "PN" and value and "^" not in value
    return f"{value}^" if one_component else value
