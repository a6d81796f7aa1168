"""Which structures a finding lies in: the nouns before it, the places after it, or the sentence's subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctscribe.report.labels.clauses import Span
from ctscribe.report.labels.pages import pattern
from ctscribe.report.labels.vocabulary import Term, places_in


@dataclass(frozen=True)
class Places:
    """Names of the places that the clause of a finding names.

    Parameters
    ----------
    own : nouns before the finding ("aortic and coronary calcifications"), else places behind it ("in the aorta").
    subject : what the clause is about ("the coronary arteries are calcified"); empty where a noun stands before it.
    """

    own: frozenset[str]
    subject: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Both: "the septa show thickening in both lungs"."""
        return self.own | self.subject


def places_of(terms: Sequence[Term], index: int, text: str, clause: Span) -> Places:
    """The places of the finding ``terms[index]``."""
    before = places_in(_before(terms, index, text, clause))
    if before:
        return Places(before)
    return Places(places_in(_after(terms, index, text, clause)), places_in(_subject(terms, index, text, clause)))


def shared_places(terms: Sequence[Term], index: int, text: str, clause: Span) -> frozenset[str]:
    """Places of the finding that one is listed with: those of ``effusion`` in "pericardial effusion or thickening"."""
    before = index - 1
    if before < 0 or not terms[before].meaning.is_finding or terms[before].start < clause[0]:
        return frozenset()
    if not pattern("listed").match(_gap(terms, before, text)):
        return frozenset()
    return places_of(terms, before, text, clause).all or shared_places(terms, before, text, clause)


def adjoins(terms: Sequence[Term], index: int, text: str) -> bool:
    """Whether a term stands right before the next, as an adjective does."""
    return index + 1 < len(terms) and not _gap(terms, index, text).strip(" -")


def _gap(terms: Sequence[Term], index: int, text: str) -> str:
    """What stands between a term and the next."""
    return text[terms[index].end : terms[index + 1].start]


def _before(terms: Sequence[Term], index: int, text: str, clause: Span) -> list[Term]:
    """Places of the same noun phrase: ``pleural and pericardial`` before ``effusion``."""
    found: list[Term] = []
    for place in range(index - 1, -1, -1):
        term, gap = terms[place], _gap(terms, place, text)
        if term.start < clause[0] or pattern("parted").search(gap):
            break
        adjective = bool(term.meaning.place) and pattern("adjective").search(text[term.start : term.end])
        if "," in gap and not adjective:
            break
        if not term.meaning.place and not _only_grown(term) and gap.strip(" -"):
            break
        found.append(term)
    return found


def _after(terms: Sequence[Term], index: int, text: str, clause: Span) -> list[Term]:
    """Places that follow: ``in the aorta and the coronary arteries``, in a note without a verb ``, aortic arch``."""
    found: list[Term] = []
    for place in range(index + 1, len(terms)):
        term, gap = terms[place], _gap(terms, place - 1, text)
        if term.start >= clause[1] or pattern("leads_on").search(gap) or pattern("other_verb").search(gap):
            break
        if term.meaning.place:
            noted = place == index + 1 and _is_note(terms, place, text, clause)
            if not (found or noted or not gap.strip() or pattern("leads_in").search(gap)):
                break
            found.append(term)
        elif not _only_grown(term) and (
            found or "," in gap or not (pattern("listed").match(gap) or not gap.strip(" -"))
        ):
            break
    return found


def _is_note(terms: Sequence[Term], place: int, text: str, clause: Span) -> bool:
    """Whether a place only follows a comma, in a clause without a verb, and is not the next finding's adjective."""
    if _gap(terms, place - 1, text) != ", " or pattern("verb").search(text, *clause):
        return False
    return not (adjoins(terms, place, text) and terms[place + 1].meaning.is_finding)


def _subject(terms: Sequence[Term], index: int, text: str, clause: Span) -> list[Term]:
    """Places that the clause begins with, past other findings and their adjectives: "Both lungs show consolidations
    and pleural nodules"."""
    found: list[Term] = []
    for place in range(index - 1, -1, -1):
        term = terms[place]
        if term.start < clause[0] or (found and not term.meaning.place):
            break
        others = place + 1 < index and terms[place + 1].meaning.is_finding and adjoins(terms, place, text)
        if term.meaning.place and not others:
            found.append(term)
    return found


def _only_grown(term: Term) -> bool:
    """Whether a term only says that something has grown."""
    return term.meaning.finding == "enlargement"
