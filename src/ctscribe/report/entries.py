"""A case's lesions and biomarkers as rows of the report."""

from __future__ import annotations

from ctscribe.case import Case
from ctscribe.report.schema import BiomarkerEntry, LesionEntry


def lesion_entries(case: Case) -> tuple[LesionEntry, ...]:
    """The lesions in the case's order, which findings point into."""
    return tuple(
        LesionEntry(
            kind=lesion.kind,
            sub_region=lesion.sub_region,
            volume_ml=lesion.volume_ml,
            diameter_mm=lesion.diameter_mm,
            centroid_mm=lesion.centroid_mm,
            slices=lesion.slices,
            key_slice=lesion.key_slice,
            mean_hu=lesion.mean_hu,
            source=lesion.source,
            confidence=lesion.confidence,
        )
        for lesion in case.lesions
    )


def biomarker_entries(case: Case) -> tuple[BiomarkerEntry, ...]:
    """The biomarkers, those that could not be assessed among them."""
    return tuple(
        BiomarkerEntry(
            name=biomarker.name,
            region=biomarker.region,
            value=biomarker.value,
            unit=biomarker.unit,
            method=biomarker.method,
            limits=biomarker.limits,
            reason=biomarker.reason,
            key_slice=biomarker.key_slice,
            approximate=biomarker.approximate,
        )
        for biomarker in case.biomarkers
    )
