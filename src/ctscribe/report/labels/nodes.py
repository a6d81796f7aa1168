"""Whether lymph nodes that are spoken of are enlarged: by what is said of their size, or by their short axis."""

from __future__ import annotations

import re

from ctscribe.report.labels.labelling import Polarity
from ctscribe.report.labels.pages import pattern

ENLARGED_MM = 10.0
"""Short axis from which a node of the chest counts as enlarged (RECIST 1.1: Schwartz, Eur J Cancer 2009)."""

_FIGURE = r"\d+(?:[.,]\d+)?"
_SIZE = re.compile(
    rf"(?P<first>{_FIGURE})\s*(?:(?:mm|cm)\s*)?(?:(?:x|×|by|\*)\s*(?P<second>{_FIGURE})\s*)?"
    r"(?P<unit>mm|cm|millimet\w+|centimet\w+)\b"
)
_LONG_AXIS = re.compile(r"\blong (?:axis|diameter)\b")


def nodes_polarity(text: str) -> Polarity | None:
    """What a clause that affirms lymph nodes says of lymphadenopathy.

    Parameters
    ----------
    text : the clause in small letters, with what follows it on the same nodes.

    Returns
    -------
    Present or absent by the size; uncertain where none is given; ``None`` where only calcification is told.
    """
    if pattern("nodes_not_enlarged").search(text):
        return Polarity.absent
    axis = short_axis_mm(text)
    if axis is not None:
        return Polarity.present if axis >= ENLARGED_MM else Polarity.absent
    if pattern("nodes_enlarged").search(text):
        return Polarity.present
    return None if pattern("nodes_calcified").search(text) else Polarity.uncertain


def short_axis_mm(text: str) -> float | None:
    """The largest short axis that a text gives, in mm; of two sides the shorter."""
    sizes: list[float] = []
    for match in _SIZE.finditer(text):
        sides = [float(match[side].replace(",", ".")) for side in ("first", "second") if match[side]]
        sizes.append(min(sides) * (10.0 if match["unit"].startswith("c") else 1.0))
    if _LONG_AXIS.search(text) and "short" not in text:
        return None
    return max(sizes) if sizes else None
