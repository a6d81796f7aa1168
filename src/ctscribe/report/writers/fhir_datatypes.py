"""FHIR data types as plain dictionaries: Coding, CodeableConcept, Quantity."""

from __future__ import annotations

from typing import Any

from ctscribe.report.wording import structure_words
from ctscribe.report.writers import codes
from ctscribe.report.writers.body_sites import SIDED, site_of
from ctscribe.report.writers.codes import Concept

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def coding(concept: Concept) -> dict[str, str]:
    """A FHIR Coding."""
    return {"system": codes.SYSTEMS[concept.scheme], "code": concept.value, "display": concept.meaning}


def codeable(*concepts: Concept, text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept of one meaning in several systems."""
    return {"coding": [coding(concept) for concept in concepts], **({"text": text} if text else {})}


def term(system: str, code: str, display: str) -> dict[str, Any]:
    """A CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code, "display": display}]}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """A figure in a UCUM unit."""
    return {
        "value": round(value, 3),
        "unit": codes.unit_of(unit).meaning,
        "system": codes.SYSTEMS["UCUM"],
        "code": unit,
    }


def body_site(structure: str) -> dict[str, Any]:
    """A body site; the side stands in the text where the concept does not name it."""
    site = site_of(structure)
    concept = SIDED.get(structure) or (site.concept if site else None)
    text = structure_words(structure)
    return codeable(concept, text=text) if concept else {"text": text}
