"""Where the sentences of a report begin and end."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)|\n+")
_ABBREVIATION = re.compile(r"(?:^|[\s(\[])(?:e\.g|i\.e|approx|ca|cf|dr|fig|incl|max|min|resp|vs)\.$", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"^\s*\d+\.$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence as character offsets, white space around it left out.

    A sentence ends at ``.``, ``!`` or ``?`` before white space, and at a line break. The points of "5.2 mm", of "e.g."
    and of a list's "1." end none.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _END.finditer(text):
        sentence = text[start : end.end()]
        if _ABBREVIATION.search(sentence) or _LIST_NUMBER.match(sentence):
            continue
        spans.append((start, end.end()))
        start = end.end()
    spans.append((start, len(text)))
    return [trimmed for span in spans if (trimmed := _trimmed(text, *span))[0] < trimmed[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())
