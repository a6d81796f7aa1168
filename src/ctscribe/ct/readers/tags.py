"""Typed access to DICOM attributes: what is absent, empty or malformed is ``None``, never an exception or a warning."""

from __future__ import annotations

import math
import warnings

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

LONGEST_TEXT = 64
"""Characters of a free text that are kept: the length of a DICOM long string."""

MALFORMED = (ValueError, TypeError, OverflowError, KeyError, AttributeError, NotImplementedError, BytesLengthException)
"""What pydicom raises when it converts a value that breaks the standard."""


def text(header: Dataset, keyword: str) -> str:
    """One text, printable characters only (a header may hold terminal escapes); several values joined by ``/``."""
    return "/".join(texts(header, keyword))[:LONGEST_TEXT].strip()


def texts(header: Dataset, keyword: str) -> tuple[str, ...]:
    """All values of a text attribute, printable characters only."""
    return tuple("".join(c for c in str(v) if c.isprintable()).strip() for v in _values(header, keyword))


def numbers(header: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly ``count`` finite numbers."""
    try:
        values = tuple(float(v) for v in _values(header, keyword))  # pyright: ignore[reportArgumentType]
    except MALFORMED:
        return None
    return values if len(values) == count and all(math.isfinite(v) for v in values) else None


def number(header: Dataset, keyword: str) -> float | None:
    """One finite number."""
    values = numbers(header, keyword, 1)
    return None if values is None else values[0]


def integer(header: Dataset, keyword: str) -> int | None:
    """One whole number."""
    value = number(header, keyword)
    return int(value) if value is not None and value.is_integer() else None


def items(header: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The items of a sequence, none where it is absent."""
    return tuple(v for v in _values(header, keyword) if isinstance(v, Dataset))


def _values(header: Dataset, keyword: str) -> tuple[object, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = header.get(keyword)
        except MALFORMED:
            return ()
    if value is None or value == "":
        return ()
    return tuple(value) if isinstance(value, (MultiValue, Sequence, list)) else (value,)
