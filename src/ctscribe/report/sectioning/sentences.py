"""Where the sentences of a free-text report begin and end, and under which heading each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ctscribe.report.sectioning.headings import Heading, heading_at

_END = re.compile(
    r"[.!?]+[\"')\]]*(?=\s|$)"  # a full stop before white space
    r"|(?<=[a-z\d)%])\.(?=[A-Z][a-z]|A\s)"  # one whose space was forgotten
    r"|\n"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:e\.g|i\.e|approx|ca|cf|dr|prof|mr|mrs|ms|st|fig|incl|max|min|resp|vs|seg|sec|lat|med|bilat|art|no)\.$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:\b(?:Dr|Prof|Mr|Mrs|Ms)\.?|,|\bby)\s+[A-Z]\.$")
_BULLET = re.compile(r"\s*(?:(?:[-*•‣–—·]|\(?\d{1,2}[.)]|\(?[a-h]\))\s+)")
_LIST_NUMBER = re.compile(r"(?:^|:\s)\s*\(?\d{1,2}\.$")
_CONTINUED = re.compile(r"\s*[a-z(]")


@dataclass(frozen=True)
class SourceSentence:
    """A sentence of the input.

    Parameters
    ----------
    index : its place among the input's sentences.
    span : first character and the one after the last, bullet and heading left out.
    text : what stands there, line breaks inside it read as spaces.
    heading : what it stands under, if anything.
    """

    index: int
    span: tuple[int, int]
    text: str
    heading: Heading | None


def split_sentences(text: str) -> tuple[SourceSentence, ...]:
    """The sentences of a report in their order.

    A sentence ends at ``.``, ``!`` or ``?`` before white space or before a capital whose space was forgotten, and at a
    line break unless the next line goes on in small letters. The points of "1.5 cm", "e.g.", "Dr." and of a list's
    "1." end none; "T7." ends one. Headings and bullets are layout and belong to no sentence.
    """
    found: list[SourceSentence] = []
    heading: Heading | None = None
    for start, end in _spans(text):
        start = _after_bullet(text, start, end)
        while (ahead := heading_at(text[start:end])) is not None:
            heading, length = ahead
            start = _after_bullet(text, *_trimmed(text, start + length, end))
        if re.search(r"\w", text[start:end]):
            found.append(SourceSentence(len(found), (start, end), re.sub(r"\s+", " ", text[start:end]), heading))
    return _released(found)


def _released(sentences: list[SourceSentence]) -> tuple[SourceSentence, ...]:
    """A heading such as ``Indication:`` holds for one sentence where no findings are announced after it."""
    released: list[SourceSentence] = []
    announced = False
    for sentence in reversed(sentences):
        before = sentences[sentence.index - 1].heading if sentence.index else None
        heading = sentence.heading
        if heading and heading.part not in ("findings", "impression"):
            released.append(sentence if announced or heading is not before else replace(sentence, heading=None))
        else:
            released.append(sentence)
            announced = heading is not None and heading.region is None
    return tuple(reversed(released))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in _END.finditer(text):
        if _goes_on(text, start, end):
            continue
        yield _trimmed(text, start, end.end())
        start = end.end()
    yield _trimmed(text, start, len(text))


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether what looks like an end is none."""
    sentence = text[start : end.end()]
    if end[0] == "\n":
        ended = text[start : end.start()].rstrip().endswith((".", "!", "?", ":", ";"))
        return not ended and bool(_CONTINUED.match(text, end.end())) and not _BULLET.match(text, end.end())
    if _LIST_NUMBER.search(sentence) or _INITIAL.search(sentence):
        return True
    abbreviation = _ABBREVIATION.search(sentence)
    if abbreviation is None:
        return False
    following = text[end.end() :].lstrip()[:1]
    return bool(following) and not (abbreviation[0].strip().lower() in {"bilat.", "no."} and following.isupper())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), max(start + len(piece.rstrip()), end - len(piece.lstrip()))


def _after_bullet(text: str, start: int, end: int) -> int:
    bullet = _BULLET.match(text, start, end)
    return start if bullet is None else bullet.end()
