"""Rules on how much: figures, limits, counts."""

from __future__ import annotations

import re

from ctscribe.report.consistency.grounds import Dropped, Grounds
from ctscribe.report.consistency.mentions import clauses, lesion_mentions, lobes, sides
from ctscribe.report.consistency.quantities import Quantity, quantities
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Finding
from ctscribe.report.thresholds import is_mass
from ctscribe.report.wording import figure, lobe_of, side_of

WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMERALS = {word: number for number, word in enumerate(WORDS, start=2)}
COUNT = re.compile(
    rf"(?<![\w.,])(\d+|{'|'.join(NUMERALS)}|several|multiple|numerous)\s+(?!(?:mm|cm|mL|ml|HU)\b)"
    r"(?:(?!(?:mm|cm|mL|ml|HU|of|in)\b)[a-z-]+\s+){0,3}?(nodules?|mass(?:es)?|cysts?)\b",
    re.IGNORECASE,
)


def figures_agree(grounds: Grounds) -> Finding | Dropped:
    """A figure in the text is one that was measured on the evidence, within rounding and a small tolerance.

    Of a single wrong figure with a single measured one of its unit, the measured one takes the place.
    """
    finding = grounds.finding
    if not grounds.figures:
        return finding
    stated = [one for one in quantities(finding.text) if one.bound is None]
    wrong = [one for one in stated if not _measured(one, grounds)]
    if not wrong:
        return finding
    text, notes = finding.text, []
    for one in reversed(wrong):  # from the end, so that earlier spans stay valid
        values = {value for unit, value in grounds.figures if unit == one.unit}
        if len(values) != 1 or sum(other.unit == one.unit for other in stated) != 1:
            return Dropped("it holds a figure that was not measured on its evidence")
        start, end = one.span
        right = figure(values.pop(), one.unit)
        notes.append(f"figure {text[start:end]} corrected to {right}")
        text = text[:start] + right + text[end:]
    return grounds.corrected(text, "; ".join(reversed(notes)))


def _measured(quantity: Quantity, grounds: Grounds) -> bool:
    return any(unit == quantity.unit and quantity.agrees(value) for unit, value in grounds.figures)


def limits_hold(grounds: Grounds) -> Finding | Dropped:
    """A lesion said to be larger or smaller than a limit is."""
    finding = grounds.finding
    for one in quantities(finding.text):
        values = [value for unit, value in grounds.figures if unit == one.unit]
        if one.bound and grounds.lesions and values and not any(map(one.holds, values)):
            return Dropped("its evidence lies on the other side of the limit it names")
    return finding


def counts_agree(grounds: Grounds) -> Finding | Dropped:
    """So many nodules, masses or cysts as the text counts were found, in the clause's places or in all."""
    finding, facts = grounds.finding, grounds.facts
    for clause in clauses(finding.text):
        named = {kind for kind, _ in lesion_mentions(clause, grounds.section) if facts.looked_for(kind)}
        for match in COUNT.finditer(clause):
            kind = "kidney_cyst" if match[2].lower().startswith("cyst") else "lung_nodule"
            if kind not in named:
                continue
            here = _numbers(match[2].lower(), in_places(clause, facts, kind), facts)
            anywhere = _numbers(match[2].lower(), facts.lesions_of(kind), facts)
            if _count_holds(match[1].lower(), here + anywhere):
                continue
            right = here[0] or here[1]
            if not right:
                return Dropped("what it counts was not found")
            text = finding.text.replace(match[0], f"{right}{clause[match.end(1) : match.end()]}", 1)
            return grounds.corrected(text, f"number {match[1]} corrected to {right}")
    return finding


def in_places(clause: str, facts: Facts, kind: str) -> list[int]:
    """Lesions of a kind in the lobes and on the sides that a clause names, all of them when it names none."""
    named_lobes = frozenset[str]().union(*(one.lobes for one in lobes(clause)))
    named_sides = {side for _, side in sides(clause) if side != "both"}
    where = {index: facts.case.lesions[index].sub_region for index in facts.lesions_of(kind)}
    return [
        index
        for index, sub_region in where.items()
        if (not named_lobes or lobe_of(sub_region) in named_lobes)
        and (not named_sides or side_of(sub_region) in named_sides)
    ]


def _numbers(noun: str, indices: list[int], facts: Facts) -> tuple[int, int]:
    """How many of the noun there are, and how many of the kind: a mass may be counted among the nodules."""
    lesions = [facts.case.lesions[index] for index in indices]
    masses = sum(is_mass(lesion.kind, lesion.diameter_mm) for lesion in lesions)
    exact = {"mass": masses, "nodu": len(indices) - masses, "cyst": len(indices)}[noun[:4]]
    return exact, len(indices)


def _count_holds(word: str, found: tuple[int, ...]) -> bool:
    if word in {"several", "multiple", "numerous"}:
        return max(found) >= 2
    return (NUMERALS[word] if word in NUMERALS else int(word)) in found
