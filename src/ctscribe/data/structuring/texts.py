"""Reports to structure, from a table or an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ctscribe.data.index import Index, read_index
from ctscribe.data.tables import read_table
from ctscribe.errors import BadInput

DEFAULT_COLUMN = "findings"


@dataclass(frozen=True)
class ReportText:
    """A report by its id."""

    id: str
    text: str


def read_texts(path: Path, column: str, id_column: str | None) -> list[ReportText]:
    """The reports of a CSV, TSV, XLSX, Parquet or JSON-lines file.

    Parameters
    ----------
    id_column : the rows' names; by default ``id`` where there is one, else the row's number from 1.

    Raises
    ------
    BadInput : no such file, one that cannot be read, without one of the columns, or with an id twice.
    """
    names = [column] if id_column is None else [column, id_column]
    if path.suffix.lower() in {".jsonl", ".ndjson", ".json"}:
        columns = _columns(path, _json_rows(path), names)
    elif path.suffix.lower() == ".parquet":
        columns = _parquet(path, names)
    else:
        frame = read_table(path, names)
        columns = {str(name): frame[name].tolist() for name in frame.columns}
    texts = columns[column]
    ids = columns.get(id_column or "id", range(1, len(texts) + 1))
    reports = [ReportText(str(name), text or "") for name, text in zip(ids, texts, strict=True)]
    _check_ids(path, reports)
    return reports


def index_at(path: Path) -> Index | None:
    """The index that a path names; ``None`` where it is another kind of file."""
    if path.is_dir() or (path.suffix == ".parquet" and path.is_file() and _is_index(path)):
        return read_index(path)
    return None


def texts_of(index: Index, column: str) -> list[ReportText]:
    """The findings (or impressions) of an index's cases; empty where a case has none or has its sections already.

    Raises
    ------
    BadInput : an index has no such text (``missing-column``).
    """
    if column not in ("findings", "impression"):
        hint = "an index has findings and impression"
        raise BadInput(f"an index has no text {column!r}", hint=hint, code="missing-column")
    return [ReportText(record.id, "" if record.sections else getattr(record, column) or "") for record in index.records]


def _is_index(path: Path) -> bool:
    try:
        return b"ctscribe" in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path} is not a Parquet file", hint="copy it again", code="unreadable-table") from error


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise BadInput(f"{path} is missing", code="file-missing") from None
    except (ValueError, OSError):
        raise BadInput(f"{path} is not text", hint="copy it again", code="unreadable-table") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _json_object(line)
            if row is None:
                raise BadInput(
                    f"{path} has something else than one JSON object in line {number}",
                    hint="write one object a line",
                    code="unreadable-table",
                )
            yield row


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _columns(path: Path, rows: Iterator[dict[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    kept = list(rows)
    wanted = [*names, *(["id"] if all("id" in row for row in kept) and kept else [])]
    for name in names:
        for number, row in enumerate(kept, 1):
            if name not in row:
                hint = f"its fields are {', '.join(row)}"
                raise BadInput(f"{path} has no field {name!r} in line {number}", hint=hint, code="missing-column")
    return {name: [row[name] for row in kept] for name in wanted}


def _parquet(path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    try:
        there = pq.read_schema(path).names
        missing = [name for name in names if name not in there]
        if not missing:
            wanted = [*names, *(["id"] if "id" in there and "id" not in names else [])]
            return pq.read_table(path, columns=wanted).to_pydict()
    except FileNotFoundError:
        raise BadInput(f"{path} is missing", code="file-missing") from None
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path} is not a Parquet file", hint="copy it again", code="unreadable-table") from error
    hint = f"its columns are {', '.join(there)}"
    raise BadInput(f"{path} has no column {', '.join(map(repr, missing))}", hint=hint, code="missing-column")


def _check_ids(path: Path, reports: Sequence[ReportText]) -> None:
    seen: set[str] = set()
    for report in reports:
        if report.id in seen:
            hint = "name another column with --id"
            raise BadInput(f"{path} has two rows with the id {report.id}", hint=hint, code="duplicate-id")
        seen.add(report.id)
