"""What every source is: a data set's folder goes in, the records of its cases come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from ctscribe.data.record import CaseRecord, Split
from ctscribe.data.splitting import divided
from ctscribe.data.tables import Frame
from ctscribe.registry import Registry

EXTRA = "extra."
"""Columns whose name begins so end up in a record's ``extra``, unless they are empty."""

NULLABLE = ("masks", "findings", "impression", "labels")


@dataclass(frozen=True)
class Found:
    """What a source found.

    Parameters
    ----------
    records : one a scan; whether their files exist has not been looked at.
    notes : sentences on what was left out or assumed.
    """

    records: Sequence[CaseRecord]
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """One data set as it lies on disk. Options are keyword-only arguments of ``__init__``.

    Volumes are not opened, unless an option asks for their size.
    """

    def read(self, root: Path) -> Found:
        """List the cases below a folder; the records' paths are relative to it.

        Raises
        ------
        BadInput : a table is missing, damaged or lacks a column.
        """
        ...


SOURCES: Registry[type[Source]] = Registry("data set")


def records_of(frame: Frame) -> list[CaseRecord]:
    """Rows as records. Columns have the names of ``CaseRecord``'s fields, or begin with ``EXTRA``."""
    known = [field.name for field in fields(CaseRecord) if field.name in frame]
    columns = [list(map(_known, frame[name])) if name in NULLABLE else frame[name].tolist() for name in known]
    names = [name for name in frame.columns if str(name).startswith(EXTRA)]
    keys = [name.removeprefix(EXTRA) for name in names]
    extras = zip(*(frame[name] for name in names), strict=True) if names else [()] * len(frame)
    return [
        CaseRecord(**dict(zip(known, row, strict=True)), extra=_given(keys, extra))
        for row, extra in zip(zip(*columns, strict=True), extras, strict=True)
    ]


def hilt_split(frame: Frame, seed: int) -> Frame:
    """The frame with HILT's division into 70 % training, 10 % validation and 20 % test, drawn by patient."""
    fractions: dict[Split, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
    return frame.assign(split=divided(frame["patient"].tolist(), fractions, seed=seed))


def _known(value: Any) -> Any:
    """The value, ``None`` for what pandas has in a cell that no table filled, and for the empty text."""
    return None if value is None or value != value or value == "" else value


def _given(keys: list[str], values: Sequence[Any]) -> dict[str, str]:
    return {key: value for key, value in zip(keys, values, strict=True) if _known(value) is not None}
