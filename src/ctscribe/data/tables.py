"""Other people's tables as text: every cell a string, an empty cell the empty string, what is wrong named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import pandas as pd

from ctscribe.errors import BadInput

Frame: TypeAlias = Any
Column: TypeAlias = Any
"""A pandas DataFrame and a Series of it: pandas' own annotations cannot tell the two apart."""

UNSAID = ("", "nan", "none", "not given", "not given.")
"""How the data sets write that there is no text."""


def read_table(path: Path, columns: Iterable[str] = ()) -> Frame:
    """A CSV, TSV or XLSX file, with the row of the file that each row came from as its index.

    Parameters
    ----------
    columns : names that must be there; upper and lower case do not matter, and the frame has them as given here.

    Raises
    ------
    BadInput : no such file (``file-missing``), one that is no table (``unreadable-table``), or without one of the
        columns (``missing-column``).
    """
    if not path.is_file():
        raise BadInput(f"{path} is missing", hint="is this the data set's own folder?", code="file-missing")
    try:
        frame = _read(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, KeyError, BadZipFile, OSError) as error:
        # A parser's message gives the line, and no content.
        why = str(error).strip().splitlines()[0] if isinstance(error, pd.errors.ParserError) else type(error).__name__
        raise BadInput(
            f"{path} cannot be read as a table: {why}", hint="copy it again", code="unreadable-table"
        ) from None
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return _named(frame, path, list(columns))


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises
    ------
    BadInput : no such file (``file-missing``), or no JSON (``unreadable-table``).
    """
    if not path.is_file():
        raise BadInput(f"{path} is missing", hint="is this the data set's own folder?", code="file-missing")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput(f"{path} is not JSON{where}", hint="copy it again", code="unreadable-table") from None


def only_file(folder: Path, pattern: str) -> Path:
    """The one file of a folder whose name fits; the last in order when several carry a date.

    Raises
    ------
    BadInput : there is none (``file-missing``).
    """
    found = sorted(folder.glob(pattern))
    if not found:
        hint = "is this the data set's own folder?"
        raise BadInput(f"there is no {pattern} in {folder}", hint=hint, code="file-missing")
    return found[-1]


def said(column: Column) -> Column:
    """The text of a column without the ways of saying that there is none."""
    text = column.str.strip()
    return text.mask(text.str.lower().isin(UNSAID), "")


def _read(path: Path) -> Frame:
    text = {"dtype": str, "keep_default_na": False, "na_filter": False}
    if path.suffix.lower() == ".xlsx":
        return pd.read_excel(path, **text).astype(str)
    return pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ",", encoding="utf-8-sig", **text)


def _named(frame: Frame, path: Path, columns: list[str]) -> Frame:
    there = {str(name).strip().lower(): name for name in frame.columns}
    missing = [name for name in columns if name.lower() not in there]
    if missing:
        raise BadInput(
            f"{path} has no column {', '.join(map(repr, missing))}",
            hint=f"its columns are {', '.join(map(str, frame.columns))}",
            code="missing-column",
        )
    return frame.rename(columns={there[name.lower()]: name for name in columns})
