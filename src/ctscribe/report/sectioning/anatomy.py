"""What a sentence speaks of: findings, structures, and the section that it is read under."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

from ctscribe.report.sectioning.pages import page, term

_WORD = re.compile(r"\b[A-Za-z]\w")
_REACH = 80
"""Characters before a structure that may hold a word of nearness."""


@dataclass(frozen=True)
class Entity:
    """A kind of finding; see ``anatomy.yaml`` for what its region means."""

    name: str
    region: str | None = None
    decisive: bool = False


@dataclass(frozen=True)
class Mention:
    """An entity or a structure that a text names.

    Parameters
    ----------
    span : where, as character offsets.
    region : chest-6 key, ``None`` for an entity of any organ.
    entity : the entity, ``None`` for a structure.
    near : a structure named only to say what something is close to.
    """

    span: tuple[int, int]
    region: str | None
    entity: Entity | None = None
    near: bool = False


@lru_cache(maxsize=4096)
def mentions(text: str) -> tuple[Mention, ...]:
    """Everything that a text names, in its order; of what begins in one place only the longest."""
    found: list[Mention] = []
    end = 0
    for word in _WORD.finditer(text):
        start = word.start()
        terms = _lexicon().get(word[0].lower())
        match = terms.pattern.match(text, start) if terms and start >= end else None
        if terms and match:
            end = match.end()
            meaning = terms.meanings[match.lastindex or 0]
            near = _near().search(text[max(0, start - _REACH) : start]) is not None
            entity = meaning if isinstance(meaning, Entity) else None
            region = meaning.region if isinstance(meaning, Entity) else meaning
            found.append(Mention((start, end), region, entity, near))
    return tuple(found)


def named_structures(text: str) -> tuple[Mention, ...]:
    """The structures that a text names."""
    return tuple(mention for mention in mentions(text) if mention.entity is None)


def speaks_of_findings(text: str) -> bool:
    """Whether a text names any finding."""
    return any(mention.entity for mention in mentions(text))


def own_region(text: str) -> str | None:
    """The section that a text is read under by what it says itself.

    A decisive entity counts first, then the first structure; ``None`` where neither is named, or only structures that
    a finding is close to.
    """
    named = mentions(text)
    decisive = [one for one in named if one.entity and one.entity.decisive and not one.near]
    structures = [one for one in named if one.entity is None and not one.near]
    return next((one.region for one in (*decisive, *structures)), None)


def usual_region(text: str) -> str | None:
    """Where what a text names is mostly found; structures that a finding is close to count last."""
    named = mentions(text)
    usual = [one.region for one in named if one.entity and one.region]
    close = [one.region for one in named if one.near and one.region]
    return next(iter((*usual, *close)), None)


@dataclass(frozen=True)
class _Terms:
    """Terms that begin alike: one pattern, the longest first, and what each of its groups means."""

    pattern: re.Pattern[str]
    meanings: tuple[Entity | str, ...]


@cache
def _lexicon() -> dict[str, _Terms]:
    """First two characters of a term → the terms that begin so."""
    table = page("anatomy")
    terms: list[tuple[str, Entity | str]] = []
    for entry in table["entities"]:
        entity = Entity(entry["name"], entry.get("region"), entry.get("decisive", False))
        terms += [(words, entity) for words in entry["words"]]
    terms += [(words, region) for region, names in table["structures"].items() for words in names]
    terms += [(f"{part}{number}", "musculoskeletal") for part in ("c", "t", "th", "l") for number in range(1, 13)]
    alike: defaultdict[str, list[tuple[str, Entity | str]]] = defaultdict(list)
    for words, meaning in sorted(terms, key=lambda item: len(item[0]), reverse=True):
        alike[words[:2].lower()].append((words, meaning))
    return {beginning: _together(entries) for beginning, entries in alike.items()}


def _together(entries: list[tuple[str, Entity | str]]) -> _Terms:
    pattern = "|".join(f"({term(words)})" for words, _ in entries)
    return _Terms(re.compile(pattern, re.IGNORECASE), ("", *(meaning for _, meaning in entries)))


@cache
def _near() -> re.Pattern[str]:
    """A word of nearness that ends a text, with at most a few words between it and what follows."""
    words = "|".join(page("anatomy")["near"])
    return re.compile(rf"\b(?:{words})\s+(?:(?!(?:in|of|and|or|with)\b)[\w-]+\s+){{0,3}}$", re.IGNORECASE)
