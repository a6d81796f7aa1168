"""Where things are, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.document import Hospital
from ctscribe.data.phantom.wording.grammar import chosen, listed

_LEVELS = ("upper", "middle", "lower")
_SIDES = ("right", "left")
_ALL = {"right": ("upper", "middle", "lower"), "left": ("upper", "lower")}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
             "eleventh", "twelfth")  # fmt: skip


def told_in(finding: PhantomFinding) -> tuple[str, ...]:
    """What a finding is said to lie in: a nodule or a mass in one lobe, even where it reaches into another."""
    return finding.structures[:1] if FINDING_KINDS[finding.kind].mask == "lung_nodule" else finding.structures


def place_words(structures: Sequence[str], hospital: Hospital, rng: np.random.Generator) -> tuple[str, str] | None:
    """Where something is, bare and after "in": ``right upper lobe`` and ``in the right upper lobe``.

    ``None`` where no structure is a lobe, a kidney or the liver. What lies in several lobes of both sides may be said
    to be in both lungs.
    """
    lobes = [lobe for lobe in LOBES if lobe in structures]
    if lobes:
        return _in_lobes(lobes, hospital, rng)
    kidneys = {side for side in _SIDES if f"kidney_{side}" in structures}
    if kidneys:
        bare = "both kidneys" if len(kidneys) == 2 else f"{kidneys.pop()} kidney"
        return bare, f"in {with_article(bare)}"
    return ("liver", "in the liver") if "liver" in structures else None


def lobe_words(structures: Sequence[str]) -> str | None:
    """``right upper lobe`` where exactly one lobe is meant."""
    lobes = [lobe for lobe in LOBES if lobe in structures]
    return _lobe(lobes[0]) if len(lobes) == 1 else None


def with_article(place: str) -> str:
    """``the right upper lobe``, but ``both lungs``."""
    return place if place.startswith("both ") else f"the {place}"


def rib_words(structures: Sequence[str], hospital: Hospital) -> str:
    """``left sixth rib`` or ``left 6th rib``; several of one side together: ``left 5th and 6th ribs``."""
    numbers = {side: sorted(_rib_numbers(structures, side)) for side in _SIDES}
    parts = [
        f"{side} {listed([_ordinal(number, hospital) for number in of_side])} rib{'s' if len(of_side) > 1 else ''}"
        for side, of_side in numbers.items()
        if of_side
    ]
    return listed(parts)


def _rib_numbers(structures: Sequence[str], side: str) -> set[int]:
    prefix = f"rib_{side}_"
    return {int(name.removeprefix(prefix)) for name in structures if name.startswith(prefix)}


def _ordinal(number: int, hospital: Hospital) -> str:
    if hospital == "b":
        return _ORDINALS[number - 1]
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"


def _lobe(lobe: str) -> str:
    _, level, _, side = lobe.split("_")
    return f"{side} {level} lobe"


def _in_lobes(lobes: Sequence[str], hospital: Hospital, rng: np.random.Generator) -> tuple[str, str]:
    levels = {side: [level for level in _LEVELS if f"lung_{level}_lobe_{side}" in lobes] for side in _SIDES}
    bare = chosen(rng, _lobe_phrases(levels))
    if len(lobes) == 1:
        _, level, _, side = lobes[0].split("_")
        turned = f"in the {level} lobe of the {side} lung"
        return bare, turned if hospital == "a" and rng.random() < 0.5 else f"in {with_article(bare)}"
    if bare == "both lungs" and rng.random() < 0.3:
        return bare, "bilaterally"
    return bare, f"in {with_article(bare)}"


def _lobe_phrases(levels: dict[str, list[str]]) -> list[str]:
    """What lobes may be called together, without an article."""
    right, left = levels["right"], levels["left"]
    if right == left:
        exact = f"both {listed(right)} lobes"
    else:
        sides = [(side, of_side) for side, of_side in levels.items() if of_side]
        exact = " and ".join(f"{side} {listed(of)} lobe{'s' if len(of) > 1 else ''}" for side, of in sides)
    whole = [side for side in _SIDES if tuple(levels[side]) == _ALL[side]]
    if len(whole) == 2:
        return ["both lungs"]
    if whole and not (right and left):
        return [exact, f"{whole[0]} lung"]
    return [exact, "both lungs"] if right and left and len(right) + len(left) > 2 else [exact]
