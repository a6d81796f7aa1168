"""A sentence as the rules read it: small letters, plain signs, abbreviations written out, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ctscribe.report.sectioning.cleansing import expand
from ctscribe.report.sectioning.pages import page

_PLAIN = str.maketrans("’‘–—‐‑…\n\t\r\u00a0", "''----.    ")
_MAYBE_SHORT = re.compile(r"[A-Z][A-Za-z]?[A-Z]|[a-zA-Z]/|\b(?:HH|bilat|approx|incl|susp|calc|wnl|lt|rt|[LR])\b")


@dataclass(frozen=True)
class Reading:
    """A sentence for the rules.

    Parameters
    ----------
    text : in small letters, with abbreviations written out.
    pieces : (first character of ``text``, first and last of the sentence) of what was written out.
    """

    text: str
    pieces: tuple[tuple[int, int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of ``text`` stand in the sentence; what was written out stands as a whole."""
        return self._place(start, first=True), self._place(end - 1, first=False) + 1

    def _place(self, position: int, *, first: bool) -> int:
        begin, source, end = next((piece for piece in reversed(self.pieces) if piece[0] <= position), (0, 0, 0))
        if source < end:
            return source if first else end - 1
        return source + position - begin


def read(sentence: str, heading: str = "") -> Reading:
    """A sentence for the rules; ``heading`` helps to tell what an abbreviation stands for."""
    plain = sentence.translate(_PLAIN)
    if not _MAYBE_SHORT.search(plain):
        return Reading(_small(plain))
    return _written_out(plain, heading)


def under(reading: Reading, heading: str, length: int) -> Reading:
    """A fragment with the heading that is its subject: ``Heart: mildly enlarged``.

    Parameters
    ----------
    length : of the sentence, which as a whole stands for what is named in its heading alone.
    """
    subject = read(heading).text.rstrip() + " "
    begin = len(subject)
    own = reading.pieces if reading.pieces and reading.pieces[0][0] == 0 else ((0, 0, 0), *reading.pieces)
    moved = tuple((position + begin, source, end) for position, source, end in own)
    return Reading(subject + reading.text, ((0, 0, length), *moved))


def _small(text: str) -> str:
    """Small letters, one for one: a capital whose small form is two characters stays."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(one if len(one.lower()) > 1 else one.lower() for one in text)


def _written_out(sentence: str, heading: str) -> Reading:
    text, pieces, done = "", [], 0
    for match in _abbreviation().finditer(sentence):
        # Only the word itself is written out, but the sentence tells what it stands for.
        long = expand(f"{match[0]} ", f"{heading}. {sentence}").rstrip()
        if long == match[0]:
            continue
        text += sentence[done : match.start()]
        pieces.append((len(text), match.start(), match.end()))
        text += f"{long} " if match[0].endswith("/") else long
        pieces.append((len(text), match.end(), match.end()))
        done = match.end()
    return Reading(_small(text + sentence[done:]), tuple(pieces))


@cache
def _abbreviation() -> re.Pattern[str]:
    table = page("abbreviations")
    return re.compile(rf"\b(?:{_any(table['words'])})\b(?!['’]\w)|(?<!\w)(?:{_any(table['signs'])})")


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
