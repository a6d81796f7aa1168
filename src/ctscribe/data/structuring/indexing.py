"""The sections of an index's reports, back into an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ctscribe.data.index import Index, write_index
from ctscribe.data.record import CaseRecord, Question


def write_sections(index: Index, lines: Path, output: Path, *, engine: str) -> None:
    """An index whose cases have the sections (and questions) of a structured file's lines, in the same order.

    Cases that had sections keep them.
    """
    write_index(
        list(_with_sections(index.records, lines)),
        output,
        source=index.source,
        root=index.root,
        options={**index.options, "structuring": engine},
        notes=index.notes,
    )


def _with_sections(records: Sequence[CaseRecord], lines: Path) -> Iterator[CaseRecord]:
    with lines.open(encoding="utf-8") as rows:
        for record, line in zip(records, rows, strict=True):
            row = json.loads(line)
            asked = [Question(**{**one, "choices": tuple(one["choices"])}) for one in row.get("questions", ())]
            new = [question for question in asked if question not in record.questions]
            yield replace(record, sections=record.sections or row["sections"], questions=(*record.questions, *new))
