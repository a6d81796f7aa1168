"""What one sentence says of each label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ctscribe.report.labels.attachment import Places, places_of, shared_places
from ctscribe.report.labels.clauses import clause_at
from ctscribe.report.labels.description import describes_another, describes_next, is_strong
from ctscribe.report.labels.heart import RATIO, ratio_polarity
from ctscribe.report.labels.labelling import Polarity
from ctscribe.report.labels.nodes import nodes_polarity
from ctscribe.report.labels.normality import judgements
from ctscribe.report.labels.polarity import Said, said
from ctscribe.report.labels.tables import LabelTable
from ctscribe.report.labels.vocabulary import Term


@dataclass(frozen=True)
class Claim:
    """What a sentence says of one label, and with which of its characters."""

    label: str
    polarity: Polarity
    start: int
    end: int


def claims(text: str, terms: Sequence[Term], table: LabelTable, subjects: frozenset[str]) -> list[Claim]:
    """What a sentence in small letters says of the table's labels.

    Parameters
    ----------
    terms : of the table's vocabulary, in the sentence.
    subjects : places that the sentences before it speak of, or its heading.
    """
    judged = any(term.meaning.place in table.judged_places for term in terms)
    if not judged and not any(term.meaning.is_finding for term in terms):
        return []
    sentence = said(text, terms)
    found = [claim for index in range(len(terms)) for claim in _of_term(sentence, terms, index, table, subjects)]
    if judged:
        found += _of_judgements(sentence, terms, table)
        found += _of_ratio(text, table)
    return found


def _of_term(
    sentence: Said, terms: Sequence[Term], index: int, table: LabelTable, subjects: frozenset[str]
) -> Iterator[Claim]:
    term = terms[index]
    if not term.meaning.is_finding or describes_next(terms, index, sentence.text):
        return
    for label in term.meaning.labels or _by_place(sentence, terms, index, table, subjects):
        polarity = sentence.of(term.start, lasts=label in table.lasting)
        if polarity is Polarity.present and label in table.sized:
            polarity = nodes_polarity(_on_nodes(sentence, terms, index))
        if polarity is not None:
            yield Claim(label, polarity, term.start, term.end)


def _by_place(
    sentence: Said, terms: Sequence[Term], index: int, table: LabelTable, subjects: frozenset[str]
) -> tuple[str, ...]:
    """The labels that a finding makes positive where it lies."""
    rules = table.rules.get(terms[index].meaning.finding, ())
    if not rules:
        return ()
    clause = sentence.clauses[clause_at(sentence.clauses, terms[index].start)]
    places = places_of(terms, index, sentence.text, clause)
    shared = frozenset[str]() if places.all else shared_places(terms, index, sentence.text, clause)
    if describes_another(terms, index, sentence.text, clause):
        rules = [rule for rule in rules if not rule.affixed]
    held = (
        rule.label
        for rule in rules
        if rule.holds(places, shared or subjects) or (shared and rule.holds(Places(shared), subjects))
    )
    return tuple(dict.fromkeys(held))


def _on_nodes(sentence: Said, terms: Sequence[Term], index: int) -> str:
    """What is said of a lymph node: from its clause's beginning, or the finding before it, to the next finding."""
    clause = sentence.clauses[clause_at(sentence.clauses, terms[index].start)]
    before = [term.end for term in terms[:index] if _ends_nodes(term)]
    after = [term.start for term in terms[index + 1 :] if _ends_nodes(term)]
    return sentence.text[max([clause[0], *before]) : min([len(sentence.text), *after])]


def _ends_nodes(term: Term) -> bool:
    return is_strong(term) and term.meaning.finding != "calcification"


def _of_judgements(sentence: Said, terms: Sequence[Term], table: LabelTable) -> Iterator[Claim]:
    """What is absent because its place is called normal or clear, and what is open because it is borderline."""
    by_normal, by_clear = table.denied_by_normal, table.denied_by_clear
    for name, labels in (("normal", by_normal), ("borderline", by_normal), ("clear", by_clear)):
        for term, polarity in judgements(sentence, terms, name):
            for label in labels.get(term.meaning.place, ()):
                yield Claim(label, polarity, term.start, term.end)


def _of_ratio(text: str, table: LabelTable) -> Iterator[Claim]:
    for match in RATIO.finditer(text):
        for label in table.by_ratio:
            yield Claim(label, ratio_polarity(match), *match.span())
