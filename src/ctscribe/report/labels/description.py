"""Whether a finding is one of its own, or only describes another."""

from __future__ import annotations

from collections.abc import Sequence

from ctscribe.report.labels.attachment import adjoins
from ctscribe.report.labels.clauses import Span
from ctscribe.report.labels.pages import pattern
from ctscribe.report.labels.vocabulary import Term

_ADJECTIVES = ("nodular", "calcif", "emphysemat", "tumoral", "bullous", "sequel")
_ONLY_OF_FOCAL = ("calcif", "sequel")
"""A calcific nodule is no calcification, a sequela nodule no sequela; calcific plaques and sequela atelectasis are."""
_STRONG = (
    *("nodule", "mass", "fibrosis", "emphysema", "calcification", "atheroma", "infiltration", "atelectasis", "opacity"),
    *("effusion", "effusions", "thickening"),
)


def describes_next(terms: Sequence[Term], index: int, text: str) -> bool:
    """Whether a finding is only the adjective of the next: "nodular" before "consolidation"."""
    start = terms[index].start
    if not text.startswith(_ADJECTIVES, start) or not adjoins(terms, index, text):
        return False
    following = terms[index + 1].meaning
    focal = following.finding in ("nodule", "mass", "node")
    return following.is_finding and (focal or not text.startswith(_ONLY_OF_FOCAL, start))


def describes_another(terms: Sequence[Term], index: int, text: str, clause: Span) -> bool:
    """Whether a weak word only describes another finding.

    "Fibrotic densities"; "the nodule is ground-glass"; "consolidation in favour of pneumonic infiltration".
    """
    term = terms[index]
    before = text[clause[0] : term.start]
    if term.meaning.finding == "infiltration":
        return pattern("interpreted").search(before) is not None and any(map(is_strong, terms[:index]))
    if term.meaning.finding == "ground glass":
        if "densit" in text[term.start : term.end] and not before.endswith((" of ", " in ")):
            return False
        return pattern("refers_back").match(before) is not None or any(
            _is_nodule(other, text) for other in terms if clause[0] <= other.start < clause[1]
        )
    return index > 0 and is_strong(terms[index - 1]) and adjoins(terms, index - 1, text)


def is_strong(term: Term) -> bool:
    """Whether a term is a finding whatever stands around it."""
    return bool(term.meaning.labels) or term.meaning.finding in _STRONG


def _is_nodule(term: Term, text: str) -> bool:
    if text[term.start : term.end] == "nodular":
        return False
    return term.meaning.finding in ("nodule", "mass") or "Lung nodule" in term.meaning.labels
