"""Figures and places in the words of a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ctscribe.anatomy.guidance import LOBES

_STRUCTURES: Mapping[str, str] = {
    "clavicula": "clavicle",
    "esophagus": "oesophagus",
    "lung_upper_lobe": "upper lobe",
    "lung_middle_lobe": "middle lobe",
    "lung_lower_lobe": "lower lobe",
}
"""Class without its side → how a report names it, where that is not the class name itself."""


def structure_words(structure: str) -> str:
    """``lung_lower_lobe_left`` → ``left lower lobe``; ``rib_left_7`` → ``left rib 7``; ``vertebrae_T7`` → ``T7``."""
    if level := re.fullmatch(r"vertebrae_([CTLS]\d+)", structure):
        return level[1]
    if parts := re.fullmatch(r"(?P<stem>.+)_(?P<side>left|right)(?:_(?P<number>\d+))?", structure):
        stem = _STRUCTURES.get(parts["stem"], parts["stem"].replace("_", " "))
        return " ".join(filter(None, (parts["side"], stem, parts["number"])))
    return _STRUCTURES.get(structure, structure.replace("_", " "))


LOBE_NAMES = frozenset(map(structure_words, LOBES))


def lobe_of(structure: str) -> str | None:
    """The lobe's name when a structure is one."""
    return structure_words(structure) if structure in LOBES else None


def side_of(structure: str) -> str | None:
    """The side that a structure's name holds."""
    return next((side for side in ("left", "right") if side in structure.split("_")), None)


def place(sub_region: str, *, approximate: bool = False) -> str:
    """A guidance region as sentences name it, a pleural cavity by its side; with ``approximate`` lobe borders the side
    is sure and the lobe is not."""
    if sub_region.startswith("pleura_"):
        return sub_region.removeprefix("pleura_")
    words = structure_words(sub_region)
    if approximate and sub_region in LOBES:
        side, lobe = words.split(" ", 1)
        return f"{side} lung, probably {lobe}"
    return words


def printed(value: float, unit: str) -> float:
    """A figure as it is printed, in its UCUM unit.

    Lengths and percentages have one decimal below 10 and none above; volumes about two significant digits; ratios two
    decimals; Hounsfield units none.
    """
    value = round(value, 6)  # so that floating-point noise does not decide how a half is rounded
    if unit in {"mm", "%"}:
        tenth = round(value, 1)
        return tenth if abs(tenth) < 10 else float(round(value))
    if unit == "mL":
        for digits, below in ((2, 1), (1, 10), (0, 1000)):
            if round(value, digits) < below:
                return round(value, digits)
        return round(value, -1)
    return round(value, 2 if unit == "1" else 0)


def figure(value: float, unit: str) -> str:
    """A figure in words: ``7.3 mm``, ``31 mm``, ``0.24 mL``, ``4,900 mL``, ``−12 HU``, ``0.4 %``, ``0.52``."""
    shown = printed(value, unit)
    if unit == "mL":
        digits = 2 if shown < 1 else 1 if shown < 10 else 0
    elif unit in {"mm", "%"}:
        digits = 1 if abs(shown) < 10 else 0
    else:
        digits = 2 if unit == "1" else 0
    name = {"1": "", "[hnsf'U]": "HU"}.get(unit, unit)
    return f"{shown + 0.0:,.{digits}f} {name}".strip().replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def sentence(words: str) -> str:
    """Capital first letter, full stop at the end."""
    return f"{words[0].upper()}{words[1:].rstrip('.')}."
