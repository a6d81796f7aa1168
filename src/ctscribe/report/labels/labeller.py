"""From a report to its labels, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ctscribe.report.labels.claims import Claim, claims
from ctscribe.report.labels.labelling import Labelling, LabelMention, Polarity
from ctscribe.report.labels.pages import pattern
from ctscribe.report.labels.reading import Reading, read, under
from ctscribe.report.labels.tables import NOTHING, label_table
from ctscribe.report.labels.vocabulary import places_in
from ctscribe.report.sectioning import split_sentences

_WEIGHT = {Polarity.present: 3, Polarity.uncertain: 2, Polarity.absent: 1, Polarity.not_mentioned: 0}
_SAYS_NOTHING = ("history", "technique", "comparison", "identity", "recommendation")
"""What stands under such a heading is not said of the scan."""


def label_report(text: str, table: str = "ct_rate") -> Labelling:
    """The labels of a free-text report.

    Of what several sentences say of a label, presence counts before doubt, and doubt before absence; of those that
    agree the first decides.

    Parameters
    ----------
    table : ``ct_rate`` (18 labels) or ``inspect`` (21 entities).
    """
    return _labelling(_mentions(text, table, frozenset(), None), table)


def label_sections(sections: Mapping[str, str], table: str = "ct_rate") -> Labelling:
    """The labels of a report in sections (chest-6 key → text); the key is what unplaced words are about."""
    found = [mention for key, text in sections.items() for mention in _mentions(text, table, frozenset({key}), key)]
    return _labelling(found, table)


def _labelling(found: Iterable[LabelMention], table: str) -> Labelling:
    page = label_table(table)
    decided = {label: LabelMention(label) for label in page.labels}
    for mention in found:
        if _WEIGHT[mention.polarity] > _WEIGHT[decided[mention.label].polarity]:
            decided[mention.label] = mention
    if page.otherwise and all(mention.polarity is not Polarity.present for mention in decided.values()):
        decided[page.otherwise] = LabelMention(page.otherwise, Polarity.present)
    return Labelling(table, tuple(decided.values()))


def _mentions(text: str, table: str, subjects: frozenset[str], section: str | None) -> Iterator[LabelMention]:
    """Everything that a text says of the labels, in its order."""
    heading, around = "", subjects
    for sentence in split_sentences(text):
        if sentence.heading and sentence.heading.part in _SAYS_NOTHING:
            continue
        words = sentence.heading.words if sentence.heading else ""
        if words != heading:
            heading, around = words, subjects
        raw = text[slice(*sentence.span)]
        reading, found, around = _said(raw, words, table, around)
        for claim in found:
            start, end = reading.span(claim.start, claim.end)
            at = sentence.span[0]
            yield LabelMention(
                claim.label, claim.polarity, sentence.text, raw[start:end], at + start, at + end, section
            )


@lru_cache(maxsize=16384)
def _said(
    sentence: str, heading: str, table: str, around: frozenset[str]
) -> tuple[Reading, tuple[Claim, ...], frozenset[str]]:
    """What a sentence says, and the places that it leaves for the next; reports share many of their sentences."""
    page = label_table(table)
    reading = read(sentence, heading)
    terms = page.vocabulary.terms(reading.text)
    places = places_in(terms)
    if heading:
        around = places_in(page.vocabulary.terms(read(heading).text)) or around
        if not places and not pattern("verb").search(reading.text):
            reading = under(reading, heading, len(sentence))
            terms = page.vocabulary.terms(reading.text)
    found = claims(reading.text, terms, page, around or frozenset({NOTHING}))
    return reading, tuple(found), places or around
