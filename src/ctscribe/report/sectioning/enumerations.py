"""Sentences that speak of several sections at once, split into one for each.

A sentence is only split where its parts belong to different sections; no item of a list is lost or doubled, and items
of one section stay together in the words they had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ctscribe.report.sectioning.anatomy import mentions, own_region
from ctscribe.report.sectioning.lists import ITEM_OR_WITH, by_section
from ctscribe.report.sectioning.nouns import is_plural

_VERB = r"(?:is|are|was|were|has|have|appears?|shows?|showed|appeared|remains?|can|could|measures?|measured)"
_FINITE = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r";\s+|,?\s+(?:but|while|whereas|although)\s+|,?\s+and\s+|,\s+(?=(?:there|no|the)\s)|,?\s+with\s+(?=no\s)",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"^(?P<lead>(?:there\s+(?:is|are|was|were)\s+)?(?:also\s+)?)(?P<no>no(?:\s+(?:evidence|signs?|findings?|indication|suggestion)\s+"
    r"(?:of|for|suggesting|(?:in\s+favou?r|suggestive|indicative)\s+of|(?:compatible|consistent)\s+with)|"
    r"\s+(?:significant|definite|obvious|appreciable|visible|pathologically|suspicious))?|neither|negative\s+for|absence\s+of|"
    r"without(?:\s+evidence\s+of)?)\s+"
    r"(?P<list>.+?)(?P<verb>\s+(?:is|are|was|were|has been|have been|can be|could be)\s+)?"
    r"(?P<tail>(?<=\s)(?:also\s+)?(?:seen|noted|detected|observed|identified|found|present|evident|visible|demonstrated|shown|visuali[sz]ed|recogni[sz]ed|"
    r"apparent|made out)\b.*)?$",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"^(?P<both>both\s+)?(?P<list>.+?)\s+(?P<verb>is|are|was|were|has|have|appears?|shows?|remains?|cannot|could|can)\s+"
    r"(?P<rest>.+)$",
    re.IGNORECASE,
)
_THERE = re.compile(r"^there\s+(?P<verb>is|are|was|were|has been|have been)\s+(?!no\b)(?P<list>.+)$", re.IGNORECASE)
_PLACE_FIRST = re.compile(r"(?:in|at|on|within|along|from|throughout)\s", re.IGNORECASE)
_PLURAL_VERB = {"is": "are", "was": "were", "has": "have", "appears": "appear", "shows": "show", "remains": "remain"}
_SINGULAR_VERB = {plural: singular for singular, plural in _PLURAL_VERB.items()}


@dataclass(frozen=True)
class Piece:
    """Part of a sentence that is read under one section; ``None`` where it does not say which."""

    text: str
    region: str | None


def pieces(text: str, default: str | None) -> list[Piece]:
    """A sentence in one piece for each section that it speaks of.

    Parameters
    ----------
    text : one sentence.
    default : the section of what says itself where it is found only by what it usually is; a heading's.
    """
    body = text.rstrip(".")
    if len({one.region for one in mentions(body) if one.region and not one.near}) < 2:
        return [Piece(text, own_region(body))]
    found = [piece for clause in _clauses(body) for piece in _listed(clause, default)]
    joined = _joined(found)
    return joined if len(joined) > 1 else [Piece(text, own_region(body))]


def _clauses(body: str) -> list[str]:
    """Clauses that each have a verb or a "no" of their own."""
    kept: list[str] = []
    start = 0
    for joint in _CLAUSE.finditer(body):
        before, after = body[start : joint.start()], body[joint.end() :]
        if ";" in joint[0] or (_whole(before) and _whole(_until_joint(after))):
            kept.append(before)
            start = joint.end()
    return [*kept, body[start:]]


def _until_joint(text: str) -> str:
    """The text up to the next joint that stands before another clause."""
    ends = [match.start() for match in _CLAUSE.finditer(text) if _whole(text[: match.start()])]
    return text[: ends[0]] if ends else text


def _whole(clause: str) -> bool:
    return (
        _FINITE.search(clause) is not None or re.match(r"(?:no|without)\s", clause.strip(), re.IGNORECASE) is not None
    )


def _joined(found: Sequence[Piece]) -> list[Piece]:
    """Pieces of one section that follow one another, as one; those that name none go with the one before."""
    groups: list[tuple[str | None, list[str]]] = []
    for piece in found:
        if groups and piece.region in (None, groups[-1][0]):
            groups[-1][1].append(piece.text)
        elif groups and groups[-1][0] is None:
            groups[-1] = (piece.region, [*groups[-1][1], piece.text])
        else:
            groups.append((piece.region, [piece.text]))
    return [
        Piece(" and ".join(_lowered(text, index) for index, text in enumerate(texts)), region)
        for region, texts in groups
    ]


def _lowered(text: str, index: int) -> str:
    plain = text.rstrip(".")
    return plain[0].lower() + plain[1:] if index and not plain[1:2].isupper() else plain


def _listed(clause: str, default: str | None) -> list[Piece]:
    """A clause whose list spans sections, as one clause for each of them."""
    found: list[Piece] = []
    if match := _ABSENCE.match(clause):
        found = [Piece(_absence(match, items), region) for region, items in by_section(match["list"], default)]
    elif match := _THERE.match(clause):
        for region, items in by_section(match["list"], default):
            found.append(Piece(f"There {_agreeing(match['verb'], items)} {items}", region))
    elif (match := _SUBJECTS.match(clause)) and not _PLACE_FIRST.match(clause):
        for region, items in by_section(match["list"], default):
            verb = _agreeing(match["verb"], items, several=True)
            found.append(Piece(f"{items} {verb} {match['rest']}", region))
    elif not _FINITE.search(clause):
        found = [Piece(items, region) for region, items in by_section(clause, default, joint=ITEM_OR_WITH)]
    return found or [Piece(clause, own_region(clause))]


def _absence(match: re.Match[str], items: str) -> str:
    no = "no" if match["no"].lower() == "neither" else match["no"]
    lead, verb, tail = match["lead"], match["verb"], match["tail"]
    if lead:
        lead = re.sub(r"\b(?:is|are|was|were)\b", lambda found: _agreeing(found[0], items), lead, flags=re.IGNORECASE)
    said = f"{lead}{no} {items}"
    if verb:
        said += " " + _agreeing(verb.strip().split()[0], items) + verb.strip()[len(verb.strip().split()[0]) :]
    return f"{said} {tail}" if tail else said


def _agreeing(verb: str, items: str, *, several: bool = False) -> str:
    """A verb in the number of what it belongs to; ``several`` where items joined by "and" make a plural."""
    first, _, more = verb.partition(" ")
    plural = is_plural(items) or (several and re.search(r"\sand\s|,", items) is not None)
    other = (_PLURAL_VERB if plural else _SINGULAR_VERB).get(first.lower(), first)
    return f"{other} {more}".strip()
