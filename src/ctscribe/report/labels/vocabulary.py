"""The words of a table of labels, found in a sentence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctscribe.report.labels.pages import page
from ctscribe.report.sectioning.pages import page as sectioning_page
from ctscribe.report.sectioning.pages import term


@dataclass(frozen=True)
class Meaning:
    """What a term stands for: labels, a finding, or a place; nothing where it only looks like one."""

    labels: tuple[str, ...] = ()
    finding: str = ""
    place: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether it is a change, not a place."""
        return bool(self.labels or self.finding)


@dataclass(frozen=True)
class Term:
    """A term where it stands in a sentence."""

    start: int
    end: int
    meaning: Meaning


@dataclass(frozen=True)
class Vocabulary:
    """Terms by their first three characters: one pattern, and what each of its groups means."""

    patterns: Mapping[str, tuple[re.Pattern[str], tuple[Meaning, ...]]]

    def terms(self, text: str) -> list[Term]:
        """The terms of a text in small letters, in its order; of what begins in one place only one."""
        found: list[Term] = []
        end = 0
        for word in _BEGINNING.finditer(text):
            entry = self.patterns.get(word[0])
            match = entry[0].match(text, word.start()) if entry and word.start() >= end else None
            if entry and match:
                end = match.end()
                meaning = entry[1][(match.lastindex or 1) - 1]
                if meaning is not _IGNORED:
                    found.append(Term(word.start(), end, meaning))
        return found


def places_in(terms: Iterable[Term]) -> frozenset[str]:
    """The places that terms name."""
    return frozenset(one.meaning.place for one in terms if one.meaning.place)


def vocabulary(named: Mapping[str, tuple[str, ...]], *, composed: bool) -> Vocabulary:
    """The vocabulary of a table.

    Parameters
    ----------
    named : words → the labels that they name.
    composed : whether it takes findings and places from the lexicon and from the structures of sectioning.
    """
    layers = [{words: Meaning(labels=labels) for words, labels in named.items()}]
    if composed:
        lexicon = page("lexicon")
        structures: dict[str, list[str]] = sectioning_page("anatomy")["structures"]
        layers += [
            dict.fromkeys(lexicon["ignored"], _IGNORED),
            {words: Meaning(finding=name) for name, listed in lexicon["findings"].items() for words in listed},
            _places(lexicon["places"]),
            _places({_OF_SECTION.get(name) or name: words for name, words in structures.items()}),
        ]
    return Vocabulary(_patterns(layers))


_BEGINNING = re.compile(r"\b[a-z]\w[\w -]")
_IGNORED = Meaning()
_OF_SECTION: dict[str, str] = {"heart": "heart section"}
"""The section on the heart holds the great vessels, too."""


def _places(table: Mapping[str, Any]) -> dict[str, Meaning]:
    return {words: Meaning(place=name) for name, listed in table.items() for words in listed}


def _patterns(
    layers: Sequence[Mapping[str, Meaning]],
) -> dict[str, tuple[re.Pattern[str], tuple[Meaning, ...]]]:
    """Patterns by beginning. Of two terms the one of more words comes first, then the one of the earlier layer."""
    ranked = sorted(
        ((words, meaning, rank) for rank, layer in enumerate(layers) for words, meaning in layer.items()),
        key=lambda item: (-len(re.split(r"[ -]", item[0])), item[2], -len(item[0])),
    )
    alike: defaultdict[str, dict[str, Meaning]] = defaultdict(dict)
    for words, meaning, _ in ranked:
        for beginning in {words[:3], words[:3].replace(" ", "-")}:
            alike[beginning].setdefault(words, meaning)
    return {
        beginning: (re.compile("|".join(f"({term(words)})" for words in listed)), tuple(listed.values()))
        for beginning, listed in alike.items()
    }
