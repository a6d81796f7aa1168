"""Figures in free text: "2.5 × 1.9 cm", "10–12 mm", "larger than 6 mm", "a cardiothoracic ratio of 0.52"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

NUMBER = r"(?:(?<!\d)[-−])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
UNIT = r"mm|cm|mL|ml|cc|L|HU|%|percent"
JOINT = r"\s*(?:×|x|by|to|–|-)\s*"
FIGURE = re.compile(rf"(?<![\w.])(?P<numbers>{NUMBER}(?:{JOINT}{NUMBER})*)\s*-?\s*(?P<unit>{UNIT})(?!\w)")
RATIO = re.compile(r"\bratio\b\D{0,20}?(?P<numbers>\d?\.\d+)")
LARGER_BEFORE = re.compile(
    r"(?:(?:larger|greater|bigger|more|wider|higher) than|over|above|exceeding|at least|≥|>)\s*$"
)
SMALLER_BEFORE = re.compile(r"(?:(?:smaller|less|lower) than|under|below|≤|<)\s*$")
LARGER_AFTER = re.compile(r"\s*(?:or|and) (?:more|larger|greater|above|over)")
SMALLER_AFTER = re.compile(r"\s*(?:or|and) (?:less|smaller|below|under)")

UCUM: dict[str, tuple[str, float]] = {
    "mm": ("mm", 1),
    "cm": ("mm", 10),
    "mL": ("mL", 1),
    "ml": ("mL", 1),
    "cc": ("mL", 1),
    "L": ("mL", 1000),
    "HU": ("[hnsf'U]", 1),
    "%": ("%", 1),
    "percent": ("%", 1),
}
"""Unit as written → UCUM unit and factor."""

TOLERANCE: dict[str, tuple[float, float]] = {
    "mm": (1.0, 0.05),
    "mL": (0.1, 0.1),
    "[hnsf'U]": (3, 0.05),
    "%": (0.5, 0.05),
    "1": (0.01, 0),
}
"""UCUM unit → absolute and relative tolerance, on top of rounding; the larger one counts."""


@dataclass(frozen=True)
class Quantity:
    """A figure as written.

    Parameters
    ----------
    values : its numbers in ``unit``; several for a product of sizes or a range.
    unit : UCUM unit.
    step : one unit of the last printed digit.
    span : where in the text the numbers and the unit stand.
    form : one figure, a product such as 2 × 3 cm, or a range.
    bound : ``over`` or ``under`` when it is a limit rather than a measurement.
    """

    values: tuple[float, ...]
    unit: str
    step: float
    span: tuple[int, int]
    form: Literal["single", "product", "range"]
    bound: Literal["over", "under"] | None = None

    def agrees(self, value: float) -> bool:
        """The measured value could have been written this way."""
        absolute, relative = TOLERANCE[self.unit]
        slack = self.step / 2 + max(absolute, relative * abs(value)) + 1e-9
        if self.form == "range":
            return min(self.values) - slack <= value <= max(self.values) + slack
        return abs(max(self.values) - value) <= slack

    def holds(self, value: float) -> bool:
        """The measured value keeps the limit."""
        slack = self.step / 2
        return value >= min(self.values) - slack if self.bound == "over" else value <= max(self.values) + slack


def quantities(text: str) -> list[Quantity]:
    """Every figure with a unit, and every ratio, in the order of the text."""
    found = [_quantity(text, match, *UCUM[match["unit"]]) for match in FIGURE.finditer(text)]
    found += [_quantity(text, match, "1", 1) for match in RATIO.finditer(text)]
    return sorted(found, key=lambda quantity: quantity.span)


def _quantity(text: str, match: re.Match[str], unit: str, factor: float) -> Quantity:
    numbers = re.findall(NUMBER, match["numbers"])
    decimals = max(len(number.partition(".")[2]) for number in numbers)
    form: Literal["single", "product", "range"] = "single"
    if len(numbers) > 1:
        form = "product" if re.search(r"×|x|by", match["numbers"]) else "range"
    start, end = match.start("numbers"), match.end()
    bound: Literal["over", "under"] | None = None
    if LARGER_BEFORE.search(text[:start]) or LARGER_AFTER.match(text[end:]):
        bound = "over"
    elif SMALLER_BEFORE.search(text[:start]) or SMALLER_AFTER.match(text[end:]):
        bound = "under"
    values = tuple(float(number.replace(",", "").replace("−", "-")) * factor for number in numbers)
    return Quantity(values, unit, factor * 10.0**-decimals, (start, end), form, bound)
