"""From the sentences of a structured report to a dictation: abbreviations, comparisons, asides, order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from ctscribe.data.phantom.canvas import Phase
from ctscribe.data.phantom.wording.document import FreeSentence, PhantomSentence, Style
from ctscribe.data.phantom.wording.grammar import applies, chosen, filled, hospital, page, written

Passage = tuple[FreeSentence, ...]
"""Sentences that stay together."""

_SHORTENING = (0.0, 0.3, 0.8)  # how often one who dictates abbreviates: never, at times, mostly
_COMPARED = 0.3  # how often a sentence about a finding compares, where there is an earlier examination


@dataclass(frozen=True)
class Dictation:
    """How one report is dictated.

    Parameters
    ----------
    shortening : how often words are abbreviated.
    earlier : date of an earlier examination, if there is one.
    """

    style: Style
    shortening: float
    earlier: str | None
    phase: Phase | None
    slice_mm: float | None


def draw_dictation(style: Style, phase: Phase | None, slice_mm: float | None, rng: np.random.Generator) -> Dictation:
    """A radiologist's habits on one day."""
    day, month, year = (int(rng.integers(low, high)) for low, high in ((1, 29), (1, 13), (2015, 2025)))
    earlier = f"{day:02d}.{month:02d}.{year}" if rng.random() < 0.5 else None
    return Dictation(style, chosen(rng, _SHORTENING), earlier, phase, slice_mm)


def passage(sentences: Sequence[PhantomSentence], part: Literal["findings", "impression"] = "findings") -> Passage:
    """Structured sentences as they are."""
    return tuple(FreeSentence(sentence.text, part, (sentence,)) for sentence in sentences)


def dictated(passages: Sequence[Passage], how: Dictation, rng: np.random.Generator) -> list[FreeSentence]:
    """Passages as dictated."""
    compared = [_compared(one, how, rng) for one in passages]
    return [
        replace(sentence, text=shortened(sentence.text, how.shortening, rng)) if sentence.stands_for else sentence
        for one in compared
        for sentence in one
    ]


def ordered(passages: Sequence[Passage], style: Style, rng: np.random.Generator) -> list[Passage]:
    """Section by section, mostly; at times what is abnormal comes first, or everything as it comes to mind."""
    mixed = [passages[place] for place in rng.permutation(len(passages))]
    habit = rng.random()
    if habit < 0.15:
        return mixed
    order = chosen(rng, page("dictation")["orders"][hospital(style, rng)])
    within = mixed if rng.random() < 0.5 else passages
    by_section = sorted(within, key=lambda one: order.index(one[0].section))
    if habit < 0.35:
        by_section.sort(key=lambda one: one[0].stands_for[0].origin == "normal")
    return by_section


def shortened(text: str, often: float, rng: np.random.Generator) -> str:
    """The sentence with some of its words abbreviated."""
    for entry, words in _abbreviations():
        said = text.lower()
        usual = entry["words"] in said and any(word in said for word in entry.get("when", ("",)))
        if usual and not any(word in said for word in entry.get("unless", ())) and rng.random() < often:
            text = words.sub(entry["short"], text)
    return text


@cache
def _abbreviations() -> list[tuple[dict[str, Any], re.Pattern[str]]]:
    """Entries with the pattern of their words; some are not abbreviated where a sentence begins."""
    return [
        (entry, re.compile(("" if entry.get("start", True) else "(?<!^)") + rf"\b{entry['words']}\b", re.IGNORECASE))
        for entry in page("dictation")["abbreviations"]
    ]


def asides(how: Dictation, rng: np.random.Generator) -> tuple[Passage, Passage]:
    """Sentences on history, technique and earlier examinations, for the beginning and for the end."""
    said = [
        _aside("history", how, rng) if rng.random() < 0.3 else None,
        _aside("technique", how, rng) if rng.random() < 0.35 else None,
        _aside("comparison", how, rng) if rng.random() < (0.5 if how.earlier else 0.15) else None,
    ]
    texts = [text for text in said if text]
    cut = int(rng.integers(len(texts) + 1)) if rng.random() < 0.3 else len(texts)
    first, last = texts[:cut], texts[cut:]
    return tuple(FreeSentence(one, "findings") for one in first), tuple(FreeSentence(one, "findings") for one in last)


def _aside(about: Literal["history", "technique", "comparison"], how: Dictation, rng: np.random.Generator) -> str:
    of = hospital(how.style, rng)
    table = page("dictation")[about]
    templates = table["whole" if how.earlier else "none"][of] if about == "comparison" else table[of]
    slots = {
        "complaint": chosen(rng, page("dictation")["complaints"]),
        **({"contrast": page("dictation")["contrast"][how.phase][of]} if how.phase else {}),
        **({"date": how.earlier} if how.earlier else {}),
        **({"slice_mm": f"{how.slice_mm:g} mm"} if how.slice_mm else {}),
    }
    fitting = [template for template in templates if applies(template, slots)]
    return written(chosen(rng, fitting), slots, rng)[0].text


def _compared(one: Passage, how: Dictation, rng: np.random.Generator) -> Passage:
    """A passage about a finding with a word on the earlier examination, now and then."""
    told = one[0].stands_for[0]
    if how.earlier is None or told.origin == "normal" or rng.random() >= _COMPARED:
        return one
    of = hospital(how.style, rng)
    manner = chosen(rng, ("opening", "closing", "adjective", "following"))
    slots = {"date": how.earlier, **_earlier_size(told, rng)}
    fitting = [words for words in page("dictation")["comparison"][manner][of] if applies(words, slots)]
    words = filled(chosen(rng, fitting), slots)
    if manner == "following":
        return *one, FreeSentence(words, one[0].part)
    return replace(one[0], text=_joined(one[0].text, words, manner)), *one[1:]


def _earlier_size(told: PhantomSentence, rng: np.random.Generator) -> dict[str, str]:
    sizes = [figure.value for figure in told.figures if figure.measure == "diameter_mm"]
    return {"earlier": f"{sizes[0] * rng.uniform(0.5, 0.9):.0f} mm"} if len(sizes) == 1 else {}


def _joined(text: str, words: str, manner: str) -> str:
    if manner == "opening":
        if text.startswith("In "):
            return text
        small = text[0].lower() + text[1:] if text[1].islower() or text[1] == " " else text
        return words + small
    if manner == "closing":
        return f"{text.removesuffix('.')}{words}."
    article = re.match(r"(?:There is )?([Aa]n?) ", text)
    vowel = words[0] in "aeiou"
    if article is None or vowel != article[1].endswith("n"):
        return text
    return f"{text[: article.end()]}{words} {text[article.end() :]}"
