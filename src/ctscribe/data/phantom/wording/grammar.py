"""Templates: choices, slots, and the small rules of English that follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import numpy as np
import yaml

from ctscribe.data.phantom.wording.document import HOSPITALS, Hospital, Style

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w+))")
_VOWEL = re.compile(r"[aeio]|u(?!ni|su)|8|1[18](?!\d)")

Slots = Mapping[str, str]
Item = TypeVar("Item")


@cache
def page(name: str) -> dict[str, Any]:
    """A packaged page of wordings."""
    file = resources.files("ctscribe.data.phantom.wording") / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def hospital(style: Style, rng: np.random.Generator) -> Hospital:
    """Whose wording the next sentence takes."""
    return style if style != "mixed" else chosen(rng, HOSPITALS)


def chosen(rng: np.random.Generator, among: Sequence[Item]) -> Item:
    """One of several, each as likely as the others."""
    return among[int(rng.integers(len(among)))]


def applies(template: str, slots: Slots) -> bool:
    """Whether every slot outside a template's choices can be filled."""
    return all(name in slots for name in _SLOT.findall(_CHOICE.sub("", template)))


@dataclass(frozen=True)
class Written:
    """A sentence, and the slots it was filled from."""

    text: str
    slots: frozenset[str]


def written(template: str, slots: Slots, rng: np.random.Generator) -> tuple[Written, ...]:
    """The sentences that a template gives: choices made, slots filled, capital letters and articles put right."""
    while choice := _CHOICE.search(template):
        options = [option for option in choice[1].split("|") if applies(option, slots)]
        template = template[: choice.start()] + chosen(rng, options) + template[choice.end() :]
    return tuple(
        Written(sentence(filled(part, slots)), frozenset(_SLOT.findall(part))) for part in template.split(" / ")
    )


def filled(template: str, slots: Slots) -> str:
    """The words of a template without choices."""
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def sentence(words: str) -> str:
    """Capital first letter, "an" where "a" cannot stand."""
    words = _ARTICLE.sub(lambda found: f"{found[1]}{'n' if _VOWEL.match(found[2]) else ''} ", words.strip())
    return words[0].upper() + words[1:]


def listed(words: Sequence[str], joining: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return f" {joining} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
