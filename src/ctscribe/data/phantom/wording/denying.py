"""Sentences about what is not there: no finding of the plan, and only of what is in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.data.phantom.wording.document import Hospital, PhantomSentence, Style
from ctscribe.data.phantom.wording.grammar import chosen, hospital, listed, page, written
from ctscribe.data.phantom.wording.grouping import kind_page

_OF_ITS_OWN = 0.5  # how often what is denied is denied by a sentence of its own and not by its name
_ENUMERATED = 0.7  # how often single denials are put into one sentence
_PARENCHYMA = frozenset(kind for kind, of in FINDING_KINDS.items() if of.region == "lung") - {"pleural_effusion"}


@dataclass(frozen=True)
class Denial:
    """Findings that are named as absent, all of one section."""

    section: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]


def deniable(section: str, present: frozenset[str], visible: frozenset[str]) -> list[str]:
    """The section's kinds that are absent and could be seen."""
    return [
        kind
        for kind, of in FINDING_KINDS.items()
        if of.region == section and kind not in present and seen(kind, visible)
    ]


def seen(kind: str, visible: frozenset[str]) -> bool:
    """Whether what a kind of finding lies in is in view."""
    structures = kind_page(kind).get("seen_in") or CHEST6[FINDING_KINDS[kind].region].structures
    return not visible.isdisjoint(structures)


def normal_statements(
    section: str, absent: Sequence[str], visible: frozenset[str], style: Style, rng: np.random.Generator
) -> tuple[list[PhantomSentence], list[Denial]]:
    """What a section says of what is normal: whole sentences, and findings still to be named as absent."""
    entries = [entry for entry in page("normal")["statements"][section] if _true(entry, absent, visible)]
    said: list[PhantomSentence] = []
    open_kinds = list(absent)
    for entry in [entries[place] for place in rng.permutation(len(entries))]:
        if set(entry["denies"]) <= set(open_kinds) and rng.random() < _said(entry, bool(said)):
            said.append(_statement(entry, section, hospital(style, rng), rng))
            open_kinds = [kind for kind in open_kinds if kind not in entry["denies"]]
    denied = [kind for kind in open_kinds if rng.random() < kind_page(kind)["denied"]["said"]]
    return said, _denials(section, denied, rng)


def clear_lungs(
    present: frozenset[str], visible: frozenset[str], of: Hospital, rng: np.random.Generator
) -> PhantomSentence | None:
    """What the impression says of lungs without any finding."""
    entry = page("normal")["impression"]
    return _statement(entry, "lung", of, rng) if _true(entry, deniable("lung", present, visible), visible) else None


def something(
    section: str, absent: Sequence[str], visible: frozenset[str], style: Style, rng: np.random.Generator
) -> PhantomSentence:
    """One sentence for a section that would have none."""
    entries = [entry for entry in page("normal")["statements"][section] if _true(entry, absent, visible)]
    of = hospital(style, rng)
    if entries:
        return _statement(chosen(rng, entries), section, of, rng)
    if absent:
        return named(Denial(section, (absent[0],), (chosen(rng, kind_page(absent[0])["denied"]["names"]),)), of, rng)
    return PhantomSentence(chosen(rng, page("normal")["outside"][section][of]), section, ())


def named(denial: Denial, of: Hospital, rng: np.random.Generator) -> PhantomSentence:
    """``No consolidation or pleural effusion.``"""
    return PhantomSentence(named_together([denial], of, rng)[0], denial.section, denial.kinds)


def named_together(denials: Sequence[Denial], of: Hospital, rng: np.random.Generator) -> list[str]:
    """One sentence that names all denials, and after it the sentence of each alone."""
    frame = chosen(rng, page("normal")["frames"][of])
    kinds = {kind for denial in denials for kind in denial.kinds}
    tail = chosen(rng, page("normal")["tails"][of]) if kinds <= _PARENCHYMA else ""
    together = listed([name for denial in denials for name in denial.names], "or")
    if kinds == {"pleural_effusion", "pericardial_effusion"} and rng.random() < 0.7:
        together = chosen(rng, page("normal")["fused"])
    frame = written(frame, {"nouns": "{nouns}", "tail": tail}, rng)[0].text
    nouns = [together, *(listed(denial.names, "or") for denial in denials)]
    return [written(frame, {"nouns": words}, rng)[0].text for words in nouns]


def _true(entry: dict[str, Any], absent: Sequence[str], visible: frozenset[str]) -> bool:
    return set(entry["denies"]) <= set(absent) and visible.issuperset(entry.get("needs", ()))


def _said(entry: dict[str, Any], already: bool) -> float:
    """How often a statement is made: as often as what it denies is denied; where it denies nothing, once."""
    if not entry["denies"]:
        return float(not already)
    return _OF_ITS_OWN * max(kind_page(kind)["denied"]["said"] for kind in entry["denies"])


def _statement(entry: dict[str, Any], section: str, of: Hospital, rng: np.random.Generator) -> PhantomSentence:
    (said,) = written(chosen(rng, entry[of]), {}, rng)
    return PhantomSentence(said.text, section, tuple(entry["denies"]))


def _denials(section: str, kinds: Sequence[str], rng: np.random.Generator) -> list[Denial]:
    """Kinds in groups of up to four that are named in one sentence; those of the lung itself apart from others."""
    denials: list[Denial] = []
    for left in ([kind for kind in kinds if kind in _PARENCHYMA], [kind for kind in kinds if kind not in _PARENCHYMA]):
        while left:
            size = int(rng.integers(2, 5)) if rng.random() < _ENUMERATED else 1
            group, left = tuple(left[:size]), left[size:]
            names = tuple(chosen(rng, kind_page(kind)["denied"]["names"]) for kind in group)
            denials.append(Denial(section, group, names))
    return denials
