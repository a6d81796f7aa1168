"""What must not change when a report is rewritten: findings and their denial, figures, sides, lobes, vertebrae."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from ctscribe.report.consistency.mentions import VERTEBRA, lobes, sides
from ctscribe.report.consistency.quantities import quantities
from ctscribe.report.sectioning import StructuredText
from ctscribe.report.sectioning.cleansing import expand
from ctscribe.report.sectioning.statements import statements

_VAGUE = frozenset({"lesion", "dilatation", "thickening", "opacity", "effusion", "fluid"})
"""Entities that another wording may well leave out: "an area of consolidation" is a consolidation."""


@dataclass(frozen=True)
class Facts:
    """What a text states.

    Parameters
    ----------
    findings : entity, and "there" or "not there".
    figures : value with its UCUM unit.
    places : sides, lobes and vertebrae.
    """

    findings: frozenset[str]
    figures: frozenset[str]
    places: frozenset[str]

    def __sub__(self, other: Facts) -> tuple[str, ...]:
        """What the other does not state, in words."""
        return tuple(
            fact for kind in fields(self) for fact in sorted(getattr(self, kind.name) - getattr(other, kind.name))
        )

    def __or__(self, other: Facts) -> Facts:
        return Facts(*(getattr(self, kind.name) | getattr(other, kind.name) for kind in fields(self)))


def facts_of(texts: Iterable[str]) -> Facts:
    """The facts of some sentences together."""
    findings: set[str] = set()
    figures: set[str] = set()
    places: set[str] = set()
    for text in map(expand, texts):
        findings |= {
            f"{one.entity} {'there' if one.exists else 'not there'}"
            for one in statements(text)
            if one.entity not in _VAGUE
        }
        figures |= {f"{value:g} {quantity.unit}" for quantity in quantities(text) for value in quantity.values}
        places |= {f"side {side}" for _, side in sides(text)} | {
            f"vertebra {found[0]}" for found in VERTEBRA.finditer(text)
        }
        places |= {lobe for mention in lobes(text) for lobe in mention.lobes}
    return Facts(frozenset(findings), frozenset(figures), frozenset(places))


def changed_facts(source: str, answer: StructuredText, by_rules: StructuredText) -> tuple[str, ...]:
    """What an answer states that neither the source nor the rules do, and what the rules keep that it lost.

    The rules decide what of the source is current: a figure of an earlier scan may be left out, a finding may not.
    """
    said = facts_of(_sentences(answer))
    kept = facts_of(_sentences(by_rules))
    gained = said - (facts_of([source]) | kept)
    lost = kept - said
    return (*(f"gained: {fact}" for fact in gained), *(f"lost: {fact}" for fact in lost))


def _sentences(structured: StructuredText) -> list[str]:
    return [one.text for sentences in structured.sections.values() for one in sentences]
