"""A case's lesions and biomarkers as rows of the report: the fields that the schema names, and no others."""

from __future__ import annotations

from ctscribe.case import Case
from ctscribe.report.schema import BiomarkerEntry, LesionEntry


def lesion_entries(case: Case) -> tuple[LesionEntry, ...]:
    """The lesions in the case's order, which findings point into."""
    return tuple(LesionEntry.model_validate(lesion, from_attributes=True) for lesion in case.lesions)


def biomarker_entries(case: Case) -> tuple[BiomarkerEntry, ...]:
    """The biomarkers, those that could not be assessed among them."""
    return tuple(BiomarkerEntry.model_validate(biomarker, from_attributes=True) for biomarker in case.biomarkers)
