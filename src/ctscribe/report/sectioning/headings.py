"""Headings of a free-text report: what stands under them, and in which section."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ctscribe.report.sectioning.pages import page

_HEADING = re.compile(r"[*_#\s]*(?P<words>[A-Z][A-Za-z/&,()'\- ]{1,60}?)[*_\s]*:[*_]*(?=\s|$|[A-Z])\s*")
_CAPITALS = re.compile(r"[*_#\s]*(?P<words>[A-Z][A-Z/&,()'\- ]{2,60})[*_\s]*$")


@dataclass(frozen=True)
class Heading:
    """A heading.

    Parameters
    ----------
    words : as written, without the colon.
    part : findings, technique, history, comparison, impression, recommendation or identity.
    region : chest-6 key of what it names first; ``None`` where it names no organ.
    """

    words: str
    part: str
    region: str | None = None


def heading_at(text: str) -> tuple[Heading, int] | None:
    """The heading that a text opens with and where it ends; ``None`` where it opens with none."""
    match = _HEADING.match(text) or _CAPITALS.match(text)
    if match is None:
        return None
    heading = _heading(match["words"].strip())
    return None if heading is None else (heading, match.end())


@cache
def _heading(words: str) -> Heading | None:
    table = page("headings")
    lower = words.lower()
    for part, names in table["parts"].items():
        if lower in names:
            return Heading(words, part)
    known = {word: region for region, names in table["regions"].items() for word in names}
    named = re.findall(r"[a-z]+", lower)
    if not all(word in known or word in table["joining"] for word in named):
        return None
    region = next((known[word] for word in named if word in known), None)
    return None if region is None else Heading(words, "findings", region)
