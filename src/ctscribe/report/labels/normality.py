"""What is absent because its place is called normal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ctscribe.report.labels.clauses import Span, clause_at
from ctscribe.report.labels.labelling import Polarity
from ctscribe.report.labels.pages import pattern
from ctscribe.report.labels.polarity import Said
from ctscribe.report.labels.vocabulary import Term

_TURNED = {Polarity.present: Polarity.absent, Polarity.uncertain: Polarity.uncertain}
"""What is said of normality → what is said of the finding; that something is not normal says nothing."""


def judgements(sentence: Said, terms: Sequence[Term], name: str) -> Iterator[tuple[Term, Polarity]]:
    """The places that a sentence calls normal, clear, or borderline, and what that says of their findings.

    Parameters
    ----------
    name : ``normal``, ``clear`` or ``borderline``.
    """
    borderline = [match.span() for match in pattern("borderline").finditer(sentence.text)]
    for match in pattern(name).finditer(sentence.text):
        if name == "borderline":
            polarity = Polarity.uncertain
        elif any(start <= match.start() < end for start, end in borderline):
            continue
        else:
            polarity = _TURNED.get(sentence.of(match.start()) or Polarity.not_mentioned)
        if polarity:
            yield from ((term, polarity) for term in _judged(sentence, match.span(), terms))


def _judged(sentence: Said, judgement: Span, terms: Sequence[Term]) -> Iterator[Term]:
    """The places that a judgement is about: those before it in its clause, back to a finding, or the one after it."""
    start, _ = sentence.clauses[clause_at(sentence.clauses, judgement[0])]
    for term in reversed(terms):
        if term.start >= judgement[1] and not sentence.text[judgement[1] : term.start].strip():
            yield term
        if start <= term.start < judgement[0]:
            if term.meaning.is_finding:
                return
            yield term
