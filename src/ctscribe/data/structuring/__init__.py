"""Free-text reports into six sections, many at a time, by rules or a language model; and what they answer."""

from ctscribe.data.structuring.engine import Structured, Structurer, Usage
from ctscribe.data.structuring.rules import RulesStructurer
from ctscribe.data.structuring.run import Outcome, structure_reports
from ctscribe.data.structuring.triplets import StatedTriplet, stated_triplets, triplet_questions

__all__ = [
    "Outcome",
    "RulesStructurer",
    "StatedTriplet",
    "Structured",
    "Structurer",
    "Usage",
    "stated_triplets",
    "structure_reports",
    "triplet_questions",
]
