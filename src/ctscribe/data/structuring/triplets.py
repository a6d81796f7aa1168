"""AMOS-MM's second augmentation needs a model that answers (entity, position): its questions, from reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ctscribe.data.record import Question
from ctscribe.report.augmentation.questioning import Triplet, common_triplets, question_templates
from ctscribe.report.consistency.mentions import lobes, sides
from ctscribe.report.sectioning import StructuredText
from ctscribe.report.sectioning.anatomy import named_structures
from ctscribe.report.sectioning.statements import Statement, statements

CHOICES = ("True", "False")
_VAGUE = frozenset({"lesion", "dilatation", "thickening", "opacity", "effusion", "fluid", "calcification", "device"})
_PLACES = {
    "lung": "in the lungs",
    "airway": "in the airways",
    "mediastinum": "in the mediastinum",
    "heart": "in the heart and great vessels",
    "abdomen": "in the upper abdomen",
    "musculoskeletal": "in the bones and the chest wall",
}
"""Where something of a section is when the sentence does not say more."""
_CAVITIES = {
    "pleural effusion": "in the pleural space",
    "pneumothorax": "in the pleural space",
    "pleural thickening": "of the pleura",
    "pericardial effusion": "in the pericardial sac",
}
"""Entity → its place, where the section's would be wrong."""
_SIDES = {"left": ("on the left",), "right": ("on the right",), "both": ("on the left", "on the right")}


@dataclass(frozen=True)
class StatedTriplet:
    """What a report says of an entity at a position.

    Parameters
    ----------
    region : chest-6 key.
    entity, position : as a question names them; the position with its preposition.
    exists : whether it is there.
    """

    region: str
    entity: str
    position: str
    exists: bool


def stated_triplets(structured: StructuredText) -> tuple[StatedTriplet, ...]:
    """Every entity that a report affirms or denies, with its position.

    First the common triplets, in the words in which they are asked for when a report is augmented, then the others.
    What is affirmed anywhere counts as there; a denial that excepts something ("no other nodule") says nothing.
    """
    found: dict[tuple[str, str], StatedTriplet] = {}
    for triplet in (*_common(structured), *_others(structured)):
        key = (triplet.entity, triplet.position)
        if key not in found or triplet.exists:
            found[key] = triplet
    return tuple(found.values())


def triplet_questions(triplets: Iterable[StatedTriplet], rng: np.random.Generator) -> tuple[Question, ...]:
    """A closed question for each triplet, in one of the packaged wordings."""
    templates = question_templates()
    return tuple(
        Question(
            kind="presence",
            question=templates[int(rng.integers(len(templates)))].format(entity=one.entity, position=one.position),
            answer=CHOICES[not one.exists],
            choices=CHOICES,
            region=one.region,
        )
        for one in triplets
    )


def _common(structured: StructuredText) -> Iterable[StatedTriplet]:
    for triplet in common_triplets():
        groups = [_beginnings(words) for words in triplet.keywords]
        for sentence in structured.sections[triplet.region]:
            exists = _said(triplet, groups, sentence.text)
            if exists is not None:
                yield StatedTriplet(triplet.region, triplet.entity, triplet.position, exists)


def _said(triplet: Triplet, groups: list[re.Pattern[str]], sentence: str) -> bool | None:
    """Whether a sentence affirms or denies a common triplet; ``None`` where it speaks of something else."""
    if not all(group.search(sentence) for group in groups):
        return None
    said = [one.exists for one in statements(sentence) if groups[0].search(one.clause)]
    sided = re.search(r"\b(left|right)\b", triplet.position)
    other = {"left": "right", "right": "left"}
    if sided and {side for _, side in sides(sentence)} == {other[sided[1]]}:
        return None
    return None if not said else any(said)


def _others(structured: StructuredText) -> Iterable[StatedTriplet]:
    for region, sentences in structured.sections.items():
        for sentence in sentences:
            for said in statements(sentence.text):
                if said.entity not in _VAGUE:
                    for position in _positions(said, region):
                        yield StatedTriplet(region, said.entity, position, said.exists)


def _positions(said: Statement, region: str) -> list[str]:
    """Where a clause says that something is: lobes, else the first structure with its side, else the section."""
    named = sorted({lobe for mention in lobes(said.clause) if not mention.any_of for lobe in mention.lobes})
    if named:
        return [f"in the {lobe}" for lobe in named]
    beside = [side for _, side in sides(said.clause)]
    if beside and region == "lung":
        return list(_SIDES[beside[0]])
    if said.entity in _CAVITIES:
        return [_CAVITIES[said.entity]]
    structures = [one for one in named_structures(said.clause) if one.region == region and not one.near]
    if structures and region != "lung":
        start, end = structures[-1].span
        side = f"{beside[0]} " if beside and beside[0] != "both" else ""
        return [f"in the {side}{said.clause[start:end].lower()}"]
    return [_PLACES[region]]


def _beginnings(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{re.escape(word)}" for word in words), re.IGNORECASE)
