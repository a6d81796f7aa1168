"""Tables of labels: what each is called, and which finding makes it positive where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from ctscribe.errors import BadInput
from ctscribe.report.labels.attachment import Places
from ctscribe.report.labels.pages import page
from ctscribe.report.labels.vocabulary import Vocabulary, vocabulary

TABLES = ("ct_rate", "inspect")
NOTHING = "nothing"
"""The subject of a finding whose place is named nowhere."""


@dataclass(frozen=True)
class Rule:
    """A finding that makes a label positive where it lies in one of some places.

    Parameters
    ----------
    places : where; empty for anywhere.
    unplaced : subjects with which it counts although no place is given.
    unless_of : where no place is given it counts with every subject, unless all of them are of these.
    carried : whether the sentence before may have given the subject.
    affixed : a word so weak that it is nothing beside the finding it describes.
    """

    label: str
    places: frozenset[str] = frozenset()
    unplaced: frozenset[str] = frozenset()
    unless_of: frozenset[str] | None = None
    carried: bool = True
    affixed: bool = False

    def holds(self, places: Places, subjects: frozenset[str]) -> bool:
        """Whether a finding in these places is the label's, or one without any, spoken of with these subjects."""
        if not self.places:
            return True
        if self.unless_of is None:
            return bool(self.places & places.all if places.all else self.unplaced & subjects)
        if places.own:
            return bool(self.places & places.own)
        before = subjects if self.carried else frozenset((NOTHING,))
        return not (places.subject or before) <= self.unless_of


@dataclass(frozen=True)
class LabelTable:
    """A set of labels and the words that speak of them.

    Parameters
    ----------
    name : of its YAML page.
    labels : in order; where ``otherwise`` is set it is the last of them, positive where no other is.
    rules : finding → what it makes positive, and where.
    denied_by_normal, denied_by_clear : place → labels that are absent when the place is called normal, or clear.
    lasting : labels of what stays although it is spoken of as past.
    sized : labels of lymph nodes, which are judged by their size.
    by_ratio : labels that a large cardiothoracic ratio makes positive.
    """

    name: str
    labels: tuple[str, ...]
    vocabulary: Vocabulary
    rules: Mapping[str, tuple[Rule, ...]]
    denied_by_normal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    denied_by_clear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lasting: frozenset[str] = frozenset()
    sized: frozenset[str] = frozenset()
    by_ratio: frozenset[str] = frozenset()
    otherwise: str | None = None

    @cached_property
    def judged_places(self) -> frozenset[str]:
        """Places of which it counts that they are called normal or clear."""
        return frozenset((*self.denied_by_normal, *self.denied_by_clear))


@cache
def label_table(name: str) -> LabelTable:
    """A table of this package: ``ct_rate`` or ``inspect``.

    Raises
    ------
    BadInput : there is no such table (``unknown-label-table``).
    """
    if name not in TABLES:
        raise BadInput(
            f"there is no table of labels {name!r}", hint=f"one of {', '.join(TABLES)}", code="unknown-label-table"
        )
    content = page(name)
    entries, otherwise = content["labels"], content.get("otherwise")
    given = [_rule(entry["label"], rule) for entry in entries for rule in entry.get("composed", ())]
    rules = _gathered((finding, (rule,)) for finding, rule in given)
    named = _gathered((words, (entry["label"],)) for entry in entries for words in entry.get("named", ()))
    return LabelTable(
        name=name,
        labels=(*(entry["label"] for entry in entries), *([otherwise] if otherwise else [])),
        vocabulary=vocabulary(named, composed=bool(rules)),
        rules=rules,
        denied_by_normal=_by_place(entries, "normal"),
        denied_by_clear=_by_place(entries, "clear"),
        lasting=_marked(entries, "lasts"),
        sized=_marked(entries, "sized"),
        by_ratio=_marked(entries, "by_ratio"),
        otherwise=otherwise,
    )


def _rule(label: str, given: Mapping[str, Any]) -> tuple[str, Rule]:
    places, unplaced = frozenset(given.get("places", ())), frozenset(given.get("unplaced", ()))
    unless_of = frozenset(given["unless_of"]) if "unless_of" in given else None
    carried, affixed = given.get("carried", True), given.get("affixed", False)
    return given["finding"], Rule(label, places, unplaced, unless_of, carried, affixed)


def _by_place(entries: Iterable[Mapping[str, Any]], key: str) -> dict[str, tuple[str, ...]]:
    return _gathered((place, (entry["label"],)) for entry in entries for place in entry.get(key, ()))


def _marked(entries: Iterable[Mapping[str, Any]], key: str) -> frozenset[str]:
    return frozenset(entry["label"] for entry in entries if entry.get(key))


def _gathered(pairs: Iterable[tuple[str, tuple[Any, ...]]]) -> dict[str, tuple[Any, ...]]:
    found: defaultdict[str, tuple[Any, ...]] = defaultdict(tuple)
    for key, values in pairs:
        found[key] += values
    return dict(found)
