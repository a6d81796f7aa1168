"""The codes that DICOM SR and FHIR carry: SNOMED CT, LOINC, UCUM and DICOM's own, kept as data.

A code stands here only where it is certain: its value and meaning match pydicom's dictionaries (the tests compare
them), or it is one of the few listed apart whose meaning was checked against published value sets. Everything else
is named in plain words under the private scheme ``99CTSCRIBE``: no code is better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ctscribe.report.findings import told_by_density_alone
from ctscribe.report.schema import LesionEntry
from ctscribe.report.thresholds import is_mass
from ctscribe.report.writers import titles

LOCAL_SCHEME = "99CTSCRIBE"


@dataclass(frozen=True)
class Concept:
    """A coded meaning: ``scheme`` is DICOM's designator (``SCT``, ``DCM``, ``UCUM``, ``LN`` or ``99CTSCRIBE``)."""

    value: str
    scheme: str
    meaning: str


def sct(value: str, meaning: str) -> Concept:
    """A SNOMED CT concept."""
    return Concept(value, "SCT", meaning)


def _dcm(value: str, meaning: str) -> Concept:
    return Concept(value, "DCM", meaning)


def local(value: str, meaning: str) -> Concept:
    """A concept of this project's own scheme."""
    return Concept(value, LOCAL_SCHEME, meaning)


CT_CHEST = Concept("24627-2", "LN", "CT Chest")
RADIOLOGY_OBSERVATION = Concept("18782-3", "LN", "Radiology Study observation (narrative)")
RADIOLOGY_IMPRESSION = Concept("19005-8", "LN", "Radiology Imaging study [Impression] (narrative)")

REPORT_TITLE = _dcm("126000", "Imaging Measurement Report")
DEVICE = _dcm("121007", "Device")
ABNORMAL_STRUCTURE = sct("49755003", "Morphologically Abnormal Structure")
KEY_IMAGE = _dcm("121080", "Best illustration of finding")
SLICE_SPACING = _dcm("112226", "Spacing between slices")

DIAMETER = sct("81827009", "Diameter")
VOLUME = sct("118565006", "Volume")
MEAN_ATTENUATION = _dcm("112181", "Mean Attenuation Coefficient")
MEDIAN_ATTENUATION = _dcm("112182", "Median Attenuation Coefficient")
CALCIUM_VOLUME = _dcm("122660", "Calcium Volume")
EMPHYSEMA_INDEX = local("emphysema_index", "Lung voxels below -950 HU")

FINDING = _dcm("121071", "Finding")
IMPRESSION = _dcm("121073", "Impression")
COMMENT = _dcm("121106", "Comment")
PROCEDURE_DESCRIPTION = _dcm("121065", "Procedure Description")
FINDING_SITE = sct("363698007", "Finding Site")
# pydicom's dictionaries hold no UMLS codes; this one is row 12 of DICOM TID 1500.
QUALITATIVE_EVALUATIONS = Concept("C0034375", "UMLS", "Qualitative Evaluations")
POLARITY = local("polarity", "What the sentence claims")
ORIGIN = local("origin", "How the sentence arose")

SYSTEMS: Mapping[str, str] = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "UCUM": "http://unitsofmeasure.org",
    "RADELEMENT": "https://radelement.org",
    LOCAL_SCHEME: "urn:ctscribe:codes",
}
"""DICOM scheme designator → FHIR code system."""

CHECKED_ELSEWHERE = frozenset({"786838002", "95436008", "1217294009", "41224006", "42400003", "266005"})
"""SNOMED CT codes absent from pydicom: their meaning was checked against published FHIR value sets."""

LESIONS: Mapping[str, Concept] = {
    "lung_nodule": sct("786838002", "Nodule of lung"),
    "pleural_effusion": sct("60046008", "Pleural effusion"),
    "pericardial_effusion": sct("373945007", "Pericardial effusion"),
    "kidney_cyst": sct("367643001", "Cyst"),
    "consolidation": sct("95436008", "Lung consolidation"),
    "ground_glass": sct("1217294009", "Ground glass lung opacity"),
}
"""Lesion kind → what was found."""

_MASS = sct("4147007", "Mass")


def finding_of(lesion: LesionEntry) -> Concept:
    """What a lesion is: a nodule above 30 mm is a mass; dense lung and unknown kinds get a private code."""
    if is_mass(lesion.kind, lesion.diameter_mm):
        return _MASS
    if told_by_density_alone(lesion.kind, lesion.source):
        return local("dense_lung_opacity", titles.lesion_title(lesion))
    return LESIONS.get(lesion.kind) or local(lesion.kind, titles.lesion_title(lesion))


RADELEMENT_NODULE = Concept("RDES195", "RADELEMENT", "Pulmonary Nodule")
RADELEMENT_NODULE_SIZE = Concept("RDE1302", "RADELEMENT", "Size")


@dataclass(frozen=True)
class Quantity:
    """How a biomarker is coded: what is measured, and where when the name alone does not say it."""

    concept: Concept
    site: str


_QUANTITIES: Mapping[str, Quantity] = {
    "lung_volume_total": Quantity(VOLUME, "lung"),
    "lung_volume_left": Quantity(VOLUME, "lung_left"),
    "lung_volume_right": Quantity(VOLUME, "lung_right"),
    "emphysema_index": Quantity(EMPHYSEMA_INDEX, "lung"),
    "emphysema_index_left": Quantity(EMPHYSEMA_INDEX, "lung_left"),
    "emphysema_index_right": Quantity(EMPHYSEMA_INDEX, "lung_right"),
    "cardiothoracic_ratio": Quantity(local("cardiothoracic_ratio", "Cardiothoracic ratio"), "heart"),
    "ascending_aorta_diameter": Quantity(DIAMETER, "ascending_aorta"),
    "descending_aorta_diameter": Quantity(DIAMETER, "descending_aorta"),
    "pulmonary_trunk_diameter": Quantity(DIAMETER, "pulmonary_trunk"),
    "aortic_calcification_volume": Quantity(CALCIUM_VOLUME, "aorta"),
    "coronary_calcification_volume": Quantity(CALCIUM_VOLUME, "coronary_artery"),
    "liver_attenuation": Quantity(MEDIAN_ATTENUATION, "liver"),
    "spleen_attenuation": Quantity(MEDIAN_ATTENUATION, "spleen"),
    "liver_minus_spleen": Quantity(local("liver_minus_spleen", "Liver minus spleen attenuation"), "liver"),
}


def quantity_of(name: str, region: str) -> Quantity:
    """How a biomarker is coded; an unknown one gets a private code from its name, in its report region."""
    if known := _QUANTITIES.get(name):
        return known
    if level := re.fullmatch(r"vertebral_attenuation_([CTL]\d+)", name):
        return Quantity(MEAN_ATTENUATION, f"vertebrae_{level[1]}")
    return Quantity(local(name, name.replace("_", " ").capitalize()), region)


_UNITS: Mapping[str, str] = {
    "mm": "mm",
    "mL": "mL",
    "%": "Percent",
    "1": "no units",
    "[hnsf'U]": "Hounsfield unit",
}


def unit_of(code: str) -> Concept:
    """A UCUM unit with the words people read."""
    return Concept(code, "UCUM", _UNITS.get(code, code))
