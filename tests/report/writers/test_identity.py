from dataclasses import replace

import pydicom
import pytest

from ctscribe.ct.volume import PatientIdentity
from ctscribe.report.writers.dicom_sr import write_dicom_sr
from ctscribe.report.writers.fhir import write_fhir
from ctscribe.report.writers.identity import identity_attributes

ODD = {
    "name": ["SINGLE", "a\\b", "n" * 300, "山田^太郎=x=y=z=w"],
    "patient_id": ["x" * 100, "back\\slash"],
    "birth_date": ["1931", "19xx0101", "19311399"],
    "sex": ["female", "f"],
    "study_date": ["2019-01-01"],
    "study_time": ["25:00", "256161"],
    "accession_number": ["y" * 50],
    "study_id": ["z" * 40],
    "referring_physician": ["OnlyOne"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in ODD.items() for value in values])
def test_identity_that_dicom_does_not_allow_is_left_empty_without_a_word(field, value):
    attributes = identity_attributes(PatientIdentity(**{field: value}))
    dataset = pydicom.Dataset()
    for keyword, kept in attributes.items():
        setattr(dataset, keyword, kept)  # a warning here, which would quote the value, fails the test
    expected = f"{value}^" if value in {"SINGLE", "OnlyOne"} else ""
    assert "".join(attributes.values()) == expected


def test_allowed_identity_is_kept_as_it_is():
    patient = PatientIdentity(
        name="Family^Given",
        patient_id="17",
        birth_date="19310405",
        sex="O",
        study_time="101112.5",
        study_date="20190607",
    )
    kept = identity_attributes(patient)
    assert kept["PatientName"] == "Family^Given"
    assert (kept["PatientBirthDate"], kept["StudyDate"], kept["StudyTime"]) == ("19310405", "20190607", "101112.5")
    assert (kept["PatientID"], kept["PatientSex"]) == ("17", "O")


def test_without_identity_every_attribute_is_empty():
    assert set(identity_attributes(None).values()) == {""}


def test_odd_identity_makes_documents_all_the_same(dicom_report, dicom_case):
    meta = dicom_case.volume.meta
    odd = PatientIdentity(**{field: values[-1] for field, values in ODD.items()})
    known = replace(dicom_case.volume, meta=replace(meta, dicom=replace(meta.dicom, patient=odd)))
    case = replace(dicom_case, volume=known)
    assert b"OnlyOne^" in write_dicom_sr(dicom_report, case)
    assert "effective" not in write_fhir(dicom_report, case)
