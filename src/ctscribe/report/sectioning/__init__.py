"""Free text in, six sections out: clinical cleansing, temporal refinement, anatomical merging (MedRegion-CT).

The rules and the lexicons are the YAML pages beside this file.
"""

from __future__ import annotations

from ctscribe.report.sectioning.cleansing import cleanse
from ctscribe.report.sectioning.comparison import refine
from ctscribe.report.sectioning.draft import Draft, Drop
from ctscribe.report.sectioning.merging import merge
from ctscribe.report.sectioning.sentences import SourceSentence, split_sentences
from ctscribe.report.sectioning.structured import DroppedSentence, StructuredSentence, StructuredText

__all__ = [
    "DroppedSentence",
    "SourceSentence",
    "StructuredSentence",
    "StructuredText",
    "split_sentences",
    "structure_text",
]


def structure_text(text: str) -> StructuredText:
    """A free-text report in the six sections of chest-6.

    An impression that follows findings repeats them and is left out; one that stands alone is structured. Nothing is
    said that the text does not say, and every sentence is accounted for.
    """
    sentences = split_sentences(text)
    repeats = any(_part(sentence) == "findings" for sentence in sentences)
    refined = [_refined(sentence, repeats=repeats) for sentence in sentences]
    sections, nowhere = merge(one for one in refined if isinstance(one, Draft))
    drops = sorted((*(one for one in refined if isinstance(one, Drop)), *nowhere), key=lambda drop: drop.source.index)
    return StructuredText(sections, tuple(_dropped(text, drop) for drop in drops))


def _refined(sentence: SourceSentence, *, repeats: bool) -> Draft | Drop:
    if repeats and _part(sentence) == "impression":
        return Drop(sentence, "impression")
    cleansed = cleanse(sentence)
    return cleansed if isinstance(cleansed, Drop) else refine(cleansed)


def _part(sentence: SourceSentence) -> str:
    return sentence.heading.part if sentence.heading else "findings"


def _dropped(text: str, drop: Drop) -> DroppedSentence:
    start, end = drop.source.span
    return DroppedSentence(text[start:end], drop.source.index, drop.source.span, drop.reason)
