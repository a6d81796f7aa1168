"""How case records lie in a Parquet file: one row a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ctscribe.data.record import CaseRecord, Question

_TEXTS = pa.map_(pa.string(), pa.string())

_QUESTION = pa.struct(
    [
        ("kind", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("region", pa.string()),
    ]
)

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("patient", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("volume", pa.string(), nullable=False),
        pa.field("masks", pa.string()),
        pa.field("findings", pa.string()),
        pa.field("impression", pa.string()),
        pa.field("sections", _TEXTS),
        pa.field("labels", pa.list_(pa.int8())),
        pa.field("questions", pa.list_(_QUESTION)),
        pa.field("extra", _TEXTS),
    ]
)
"""Columns are the fields of ``CaseRecord``, in its order."""

ROWS_AT_ONCE = 4096
"""Rows of a Parquet row group, and of what is encoded or decoded at once."""


def batches(records: Sequence[CaseRecord]) -> Iterator[pa.RecordBatch]:
    """Records as Arrow batches, a row group at a time."""
    for start in range(0, len(records), ROWS_AT_ONCE):
        chosen = records[start : start + ROWS_AT_ONCE]
        columns = [pa.array([_encoded(record, name.name) for record in chosen], name.type) for name in SCHEMA]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def record_of(row: Mapping[str, Any]) -> CaseRecord:
    """A row, as Arrow gives it in Python's types, as a record."""
    return CaseRecord(
        **{name: row[name] for name in ("id", "patient", "split", "volume", "masks", "findings", "impression")},
        sections=dict(row["sections"] or ()),
        labels=None if row["labels"] is None else tuple(row["labels"]),
        questions=tuple(
            Question(**{**question, "choices": tuple(question["choices"] or ())}) for question in row["questions"] or ()
        ),
        extra=dict(row["extra"] or ()),
    )


def _encoded(record: CaseRecord, name: str) -> Any:
    value = getattr(record, name)
    if isinstance(value, Mapping):
        return list(value.items())
    # The fields of a frozen dataclass are its __dict__; asdict would copy a million questions deeply.
    return [vars(question) for question in value] if name == "questions" else value
