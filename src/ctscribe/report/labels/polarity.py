"""What is said of a finding by the words around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ctscribe.report.labels.clauses import Span, brackets, clause_at, clauses
from ctscribe.report.labels.cues import Cue, Effect, cues
from ctscribe.report.labels.labelling import Polarity
from ctscribe.report.labels.pages import pattern
from ctscribe.report.labels.vocabulary import Term

_OR = re.compile(r"\b(?:or|nor)\b|\w/\w")
_JOINT = re.compile(r"\s*(?:,|\band\b)\s*(?:and\s+)?")
_AFTER = (Effect.nothing_after, Effect.doubt_after, Effect.denies_after)


@dataclass(frozen=True)
class Reach:
    """A stretch of a sentence and what is said of the findings in it."""

    start: int
    end: int
    effect: Effect


@dataclass(frozen=True)
class Said:
    """The clauses of a sentence and what its cues say of them."""

    text: str
    clauses: tuple[Span, ...]
    reaches: tuple[Reach, ...]

    def of(self, start: int, *, lasts: bool = False) -> Polarity | None:
        """What is said of a finding named at ``start``; ``None`` where it is only spoken of, as in "history of".

        Parameters
        ----------
        lasts : whether what was is still there, as a device is.
        """
        effects = {reach.effect for reach in self.reaches if reach.start <= start < reach.end}
        if Effect.denies_before in effects or (Effect.denies_after in effects and not self._taken_for_granted(start)):
            return Polarity.absent
        if effects & {Effect.nothing_after, Effect.nothing_before} and not lasts:
            return None
        if effects & {Effect.doubt_after, Effect.doubt_before}:
            return Polarity.uncertain
        return Polarity.present

    def _taken_for_granted(self, start: int) -> bool:
        return pattern("presupposed").search(self.text[max(0, start - 60) : start]) is not None


def said(text: str, terms: Sequence[Term]) -> Said:
    """What a sentence in small letters says of its terms."""
    spans, found = clauses(text), cues(text)
    if not found:
        return Said(text, tuple(spans), ())
    inside = brackets(text)
    reaches = [_reach(text, cue, spans, inside, terms) for cue in found if cue.effect is not Effect.no_effect]
    return Said(text, tuple(spans), tuple(reaches))


def _reach(text: str, cue: Cue, spans: list[Span], inside: list[Span], terms: Sequence[Term]) -> Reach:
    index = clause_at(spans, cue.end - 1 if cue.effect in _AFTER else cue.start)
    start, end = spans[index]
    for bracket in inside:
        if bracket[0] <= cue.start < bracket[1]:
            # A question mark in brackets may be all there is in them: then it is about what stands before.
            if _holds(terms, bracket[0], cue.start) or cue.effect in _AFTER:
                start, end = bracket
            break
    if cue.effect in _AFTER:
        return Reach(cue.end, _end_after(text, cue, end, terms), cue.effect)
    if not _holds(terms, start, cue.start) and index > 0:
        start = spans[index - 1][0]
    if cue.effect is Effect.doubt_before and text[cue.start : cue.end].rstrip().endswith(("?", "vs", "vs.", "versus")):
        # A question is about what stands right before it.
        start = max([start, *(term.start for term in terms if term.meaning.is_finding and term.start < cue.start)])
    return Reach(start, cue.start, cue.effect)


def _holds(terms: Sequence[Term], start: int, end: int) -> bool:
    return any(start <= term.start < end for term in terms)


def _end_after(text: str, cue: Cue, end: int, terms: Sequence[Term]) -> int:
    """How far to the right a cue reaches: to what is excepted, past the verb to the next item, to an affirmed item."""
    for name in ("excepting", "besides"):
        leaves_out = pattern(name).search(text, cue.end, end)
        end = leaves_out.start() if leaves_out else end
    verb = pattern("verb").search(text, cue.end, end)
    if verb and _holds(terms, cue.end, verb.start()):
        # The list is over; what follows the verb and its place is another item.
        comma = text.find(",", verb.end(), end)
        return end if comma < 0 else comma
    for joint in _JOINT.finditer(text, cue.end, end):
        if _holds(terms, cue.end, joint.start()) and _ends_reach(text, cue, joint, end):
            return joint.start()
    return end


def _ends_reach(text: str, cue: Cue, joint: re.Match[str], end: int) -> bool:
    """Whether the next item of a list is not the cue's any more: never where the list goes on with "or"."""
    if _OR.search(text, joint.end(), end):
        return False
    if "," in joint[0] and (cue.effect is not Effect.denies_after or text.startswith(("without", "lack"), cue.start)):
        return True
    return pattern("affirming").match(text, joint.end()) is not None
