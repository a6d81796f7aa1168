"""What a sentence can say of the findings it tells: the words for its template's slots, and the figures behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.data.phantom.wording.document import Figure, Hospital
from ctscribe.data.phantom.wording.grammar import chosen, listed, page
from ctscribe.data.phantom.wording.grouping import kind_page
from ctscribe.data.phantom.wording.measured import printed
from ctscribe.data.phantom.wording.places import lobe_words, place_words, rib_words, told_in, with_article

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_OTHER_FORM = 0.3  # how often sizes have a decimal or stand in centimetres
_PLURAL = frozenset({"sternal wires"})


@dataclass(frozen=True)
class Telling:
    """Findings of one kind that are told together.

    Parameters
    ----------
    members : their indices in the case's findings.
    slots : slot → words.
    figures : slot → the measurements that its words print.
    """

    kind: str
    members: tuple[int, ...]
    hospital: Hospital
    several: bool
    slots: Mapping[str, str]
    figures: Mapping[str, tuple[Figure, ...]]


def telling(
    findings: Sequence[PhantomFinding], members: tuple[int, ...], hospital: Hospital, rng: np.random.Generator
) -> Telling:
    """What can be said of findings of one kind."""
    told = [findings[index] for index in members]
    sides = {side for one in told for side in (("left", "right") if one.side == "both" else (one.side,))}
    several = len(told) > 1 or (told[0].kind == "pleural_effusion" and len(sides) > 1)
    slots = {
        "s": "s" if len(told) > 1 else "",
        **_attributes(told, hospital, rng),
        **_places(told, hospital, rng),
        **({"side": str(*sides)} if sides in ({"left"}, {"right"}) else {}),
        **({"bilateral": "bilateral"} if sides == {"left", "right"} else {}),
    }
    measured = _figures(told, members, rng)
    figures = {slot: values for slot, (_, values) in measured.items()}
    words = {slot: text for slot, (text, _) in measured.items()}
    return Telling(told[0].kind, members, hospital, several, slots | words, figures)


def word(value: str, hospital: Hospital, rng: np.random.Generator) -> str:
    """An attribute's value as a hospital says it."""
    known = page("words").get(value)
    return chosen(rng, known[hospital]) if known else value


def _attributes(told: Sequence[PhantomFinding], hospital: Hospital, rng: np.random.Generator) -> dict[str, str]:
    slots: dict[str, str] = {}
    for name in told[0].attributes:
        values = list(dict.fromkeys(one.attributes[name] for one in told))
        if name == kind_page(told[0].kind).get("listed"):
            slots[name] = listed([word(value, hospital, rng) for value in values])
        elif len(values) == 1:
            slots |= _attribute(name, values[0], hospital, rng)
    return slots


def _attribute(name: str, value: str, hospital: Hospital, rng: np.random.Generator) -> dict[str, str]:
    if value in {"yes", "no"}:
        return {name: word(name, hospital, rng)} if value == "yes" else {f"no_{name}": "air bronchogram"}
    if name == "device":
        plural = value in _PLURAL
        return {"device": value, "a_device": value if plural else f"a {value}", "is": "are" if plural else "is"}
    return {"size_word" if name == "size" else name: word(value, hospital, rng)}


def _places(told: Sequence[PhantomFinding], hospital: Hospital, rng: np.random.Generator) -> dict[str, str]:
    structures = list(dict.fromkeys(name for one in told for name in told_in(one)))
    slots: dict[str, str] = {}
    if (where := place_words(structures, hospital, rng)) is not None:
        slots |= {"place": where[0], "in_place": where[1], "the_place": with_article(where[0])}
    if (lobe := lobe_words(structures)) is not None:
        slots["lobe"] = lobe
    if ribs := rib_words(structures, hospital):
        slots["ribs"] = ribs
    if levels := [name.removeprefix("vertebrae_") for name in structures if name.startswith("vertebrae_")]:
        slots["level"] = listed(levels)
    return slots


def _figures(
    told: Sequence[PhantomFinding], members: tuple[int, ...], rng: np.random.Generator
) -> dict[str, tuple[str, tuple[Figure, ...]]]:
    """Slot → its words and the figures in them."""
    values: dict[str, list[tuple[str, Figure]]] = {}
    other_form = rng.random() < _OTHER_FORM
    for index, one in zip(members, told, strict=True):
        sizes = {} if one.diameter_mm is None else {"diameter_mm": one.diameter_mm}
        for measure, value in (sizes | dict(one.measures)).items():
            words, shown = printed(measure, value, other_form)
            values.setdefault(measure, []).append((words, Figure(index, measure, shown)))
    slots: dict[str, tuple[str, tuple[Figure, ...]]] = {}
    for measure, shown in values.items():
        if len(told) == 1:
            slots["size" if measure == "diameter_mm" else measure] = shown[0][0], (shown[0][1],)
        elif measure in {"diameter_mm", "short_axis_mm"}:
            slots |= _counted(told, shown)
        elif measure == "thickness_mm" and {one.side for one in told} == {"left", "right"}:
            each = [f"{words} on the {one.side}" for one, (words, _) in zip(told, shown, strict=True)]
            slots["thicknesses"] = listed(each), tuple(figure for _, figure in shown)
    return slots


def _counted(
    told: Sequence[PhantomFinding], shown: Sequence[tuple[str, Figure]]
) -> dict[str, tuple[str, tuple[Figure, ...]]]:
    """How many there are, their sizes from the largest on, and where the largest lies."""
    measure = shown[0][1].measure
    exact = [one.diameter_mm or 0.0 if measure == "diameter_mm" else one.measures[measure] for one in told]
    order = sorted(range(len(told)), key=lambda place: -exact[place])
    largest = told[order[0]]
    slots: dict[str, tuple[str, tuple[Figure, ...]]] = {"largest": (shown[order[0]][0], (shown[order[0]][1],))}
    if len(told) < len(_NUMBERS):
        slots["count"] = _NUMBERS[len(told)], ()
    if len(told) <= 3:
        slots["sizes"] = listed([shown[place][0] for place in order]), tuple(shown[place][1] for place in order)
    if len({one.structures[:1] for one in told}) > 1 and (lobe := lobe_words(told_in(largest))) is not None:
        slots["in_largest"] = f"in the {lobe}", ()
    return slots
