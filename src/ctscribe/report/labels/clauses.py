"""How far the words of a sentence reach: its clauses, and what stands in brackets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from ctscribe.report.labels.pages import pattern

Span = tuple[int, int]

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def clauses(text: str) -> list[Span]:
    """The clauses of a sentence in small letters: parts with at most one finite verb, relative clauses left aside.

    "There is an effusion and a nodule was not seen" has two; the list in "An effusion, a nodule and a mass were not
    seen" is one.
    """
    enclosed = brackets(text)
    ends = [match.span() for match in pattern("hard_joint").finditer(text) if not _inside(enclosed, match.start())]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    return [
        part
        for start, stop in zip(starts, stops, strict=True)
        for part in _parts(text, start, stop, enclosed)
        if part[0] < part[1]
    ]


def clause_at(spans: Sequence[Span], position: int) -> int:
    """Index of the clause that a position lies in, or of the one before it."""
    return max(bisect_right([start for start, _ in spans], position) - 1, 0)


def brackets(text: str) -> list[Span]:
    """What stands in brackets."""
    if "(" not in text and "[" not in text:
        return []
    return [match.span() for match in _BRACKETS.finditer(text)]


def _inside(enclosed: Sequence[Span], position: int) -> bool:
    return any(start < position < end for start, end in enclosed)


def _parts(text: str, start: int, stop: int, enclosed: Sequence[Span]) -> list[Span]:
    """A stretch without hard joints, parted between finite verbs."""
    verbs = list(pattern("verb").finditer(text, start, stop))
    if len(verbs) > 1:
        verbs = [verb for verb in verbs if not _goes_on(text, start, verb)]
    borders = [start]
    for before, after in pairwise(verbs):
        joint = _joint(text, before, after, borders[-1], enclosed)
        if joint is not None:
            borders.append(joint)
    return list(zip(borders, [*borders[1:], stop], strict=True))


def _goes_on(text: str, start: int, verb: re.Match[str]) -> bool:
    """Whether a verb is a relative clause's, or the second word of "could be", "have been"."""
    before = text[max(start, verb.start() - 40) : verb.start()]
    return pattern("relative").search(before) is not None or pattern("auxiliary").search(before) is not None


def _joint(text: str, before: re.Match[str], after: re.Match[str], border: int, enclosed: Sequence[Span]) -> int | None:
    """Where the clause of the first verb ends and that of the second begins; ``None`` where they belong together.

    A "no" opens a clause; a comma parts rather than an "and". A verb in the plural takes the list before it, one in
    the singular its last item.
    """
    found = pattern("soft_joint").finditer(text, before.end(), after.start())
    joints = [match for match in found if not _inside(enclosed, match.start())]
    if not joints:
        return None
    denying = [match for match in joints if pattern("opening").match(text, match.end())]
    if denying:
        return denying[0].start()
    commas = [match for match in joints if "," in match[0]]
    if not pattern("plural").match(after[0]):
        return (commas or joints)[-1].start()
    if commas:
        return commas[0].start()
    brings = pattern("brings").search(text[border : before.end()]) is not None
    return joints[-2 if brings and len(joints) > 1 else 0].start()
