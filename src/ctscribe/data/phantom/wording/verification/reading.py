"""Read a sentence back: what it affirms or denies, where, how large, how many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ctscribe.data.phantom.wording.verification.lexicon import (
    ABBREVIATIONS,
    AFFIRMED_ALL_THE_SAME,
    AT_ONCE,
    ATTRIBUTES,
    COMPARISON,
    DENIAL,
    HEDGE,
    KIND_WORDS,
    NUMBER_WORDS,
    PLURAL,
    SILENT,
)

_FOLLOWING = re.compile(r"(?:Its?|They|Their|The largest)\b")
_LEVEL = r"(?:upper|middle|lower)"
_LOBES = re.compile(rf"\b(right|left|both) ({_LEVEL}(?:(?:, | and ){_LEVEL})*) lobes?\b")
_TURNED = re.compile(rf"\b({_LEVEL}) lobe of the (right|left) lung\b")
_LUNGS = re.compile(r"\b(right|left|both) lungs?\b|\b(bilaterally)\b")
_LARGEST_IN = re.compile(rf"(?:in|lies in) the (right|left) ({_LEVEL}) lobe(?=\.$)")
_SIDED = re.compile(
    r"\b(right|left)(?:-sided)?(?= (?:\w+ ){0,4}?(?:pleural|kidney|renal)| effusion)|\bon the (right|left)\b"
)
_BOTH = re.compile(r"\bbilateral(?:ly)?\b|\bboth (?:sides|pleural|kidneys)\b")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?) (mm|cm)\b")
_RIBS = re.compile(r"\b(right|left) ((?:\w+)(?:(?:, | and )\w+)*) ribs?\b")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
             "twelfth")  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a sentence says.

    Parameters
    ----------
    kinds : that it speaks of.
    denied : whether it says that they are absent.
    lobes : the lobes that it names.
    lungs : the sides of lungs that it names without a lobe.
    sides : left, right, of pleurae and kidneys.
    values : kind's attribute → the values that the words allow.
    lengths : in mm, with how far rounding may have moved each.
    numbers : other figures: ratio, HU or %.
    count : how many it counts, ``None`` where it does not count.
    plural : whether it tells of more than one.
    levels, ribs : vertebrae and ribs, as TotalSegmentator names them.
    """

    text: str
    kinds: frozenset[str]
    denied: bool
    lobes: frozenset[str]
    lungs: frozenset[str]
    sides: frozenset[str]
    values: dict[str, frozenset[str]]
    lengths: tuple[tuple[float, float], ...]
    numbers: tuple[float, ...]
    count: int | None
    plural: bool
    levels: frozenset[str]
    ribs: frozenset[str]


def joined(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Sentences with those that go on speaking of them, each with the place of its first one."""
    together: list[tuple[int, str]] = []
    for place, text in enumerate(texts):
        if together and _FOLLOWING.match(text):
            first, before = together.pop()
            together.append((first, f"{before} {text}"))
        else:
            together.append((place, text))
    return together


def undictated(text: str) -> str:
    """A dictated sentence without abbreviations and comparison."""
    for short, long in ABBREVIATIONS.items():
        text = re.sub(short, long, text)
    return COMPARISON.sub("", text)


@lru_cache(maxsize=1024)
def read(text: str) -> Reading:
    """What a sentence of the structured report says."""
    said = HEDGE.sub("", text)
    denied = bool(DENIAL.search(AFFIRMED_ALL_THE_SAME.sub("", said)))
    kinds = _kinds(said, denied)
    place = _LARGEST_IN.sub("", said) if _several_places(said) else said
    (kind,) = kinds if len(kinds) == 1 else (None,)
    values = _values(said, kind)
    counts = [NUMBER_WORDS.index(word) + 1 for word in re.findall(r"[a-z]+", said.lower()) if word in NUMBER_WORDS]
    return Reading(
        text=text,
        kinds=kinds,
        denied=denied,
        lobes=_lobes(place),
        lungs=_lungs(place),
        sides=_sides(said),
        values=values,
        lengths=tuple(_length(value, unit) for value, unit in _LENGTH.findall(said)),
        numbers=tuple(float(one) for one in re.findall(r"\b0\.\d\d\b|-?\b\d+(?= HU|%)", said)),
        count=counts[0] if counts else None,
        plural=bool(PLURAL.search(said)) or len(values.get("station", ())) > 1,
        levels=frozenset(f"vertebrae_{level}" for level in re.findall(r"\bT\d+\b", said)),
        ribs=_ribs(said),
    )


def speaks_of_nothing(text: str) -> bool:
    """Whether a sentence is known to speak of no kind of finding."""
    return bool(SILENT.search(text))


def _kinds(said: str, denied: bool) -> frozenset[str]:
    kinds = {kind for kind, words in KIND_WORDS.items() if words.search(said)}
    if denied:
        return frozenset(kinds.union(*(many for words, many in AT_ONCE if words.search(said))))
    if kinds & {"nodule", "mass"}:
        kinds -= {"ground_glass"}  # the density of a nodule
    if "mass" in kinds and "nodule" in kinds:
        kinds -= {"nodule"}
    return frozenset(kinds)


def _values(said: str, kind: str | None) -> dict[str, frozenset[str]]:
    found = {
        name: frozenset(value for value, words in values.items() if re.search(rf"\b(?:{words})\b", said, re.IGNORECASE))
        for name, values in ATTRIBUTES.get(kind or "", {}).items()
    }
    return {name: values for name, values in found.items() if values}


def _several_places(said: str) -> bool:
    return bool(_LUNGS.search(said)) or len(_LOBES.findall(said)) + len(_TURNED.findall(said)) > 1


def _lobes(said: str) -> frozenset[str]:
    said = said[0].lower() + said[1:]
    named = [(side, level) for side, levels in _LOBES.findall(said) for level in re.findall(_LEVEL, levels)]
    named += [(side, level) for level, side in _TURNED.findall(said)]
    sides = {"both": ("right", "left")}
    lobes = {f"lung_{level}_lobe_{one}" for side, level in named for one in sides.get(side, (side,))}
    return frozenset(lobes)


def _lungs(said: str) -> frozenset[str]:
    said = _TURNED.sub("", said[0].lower() + said[1:])
    named = {side or "both" for side, _ in _LUNGS.findall(said)}
    return frozenset({"left", "right"} if "both" in named else named)


def _sides(said: str) -> frozenset[str]:
    said = said[0].lower() + said[1:]
    if _BOTH.search(said):
        return frozenset({"left", "right"})
    return frozenset(first or second for first, second in _SIDED.findall(said))


def _length(value: str, unit: str) -> tuple[float, float]:
    step = 10.0 ** -len(value.partition(".")[2]) * (10 if unit == "cm" else 1)
    return float(value) * (10 if unit == "cm" else 1), step / 2 + 1e-6


def _ribs(said: str) -> frozenset[str]:
    named = _RIBS.findall(said[0].lower() + said[1:])
    return frozenset(f"rib_{side}_{_number(word)}" for side, words in named for word in re.split(r", | and ", words))


def _number(ordinal: str) -> int:
    """``6th`` or ``sixth``."""
    return _ORDINALS.index(ordinal) + 1 if ordinal in _ORDINALS else int(re.sub("[^0-9]", "", ordinal) or 0)
