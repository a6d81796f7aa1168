"""The index of a data set: one Parquet file that lists its cases, and lazy cases from it."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, overload

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ctscribe.anatomy.segmenters.protocol import Segmenter
from ctscribe.case import Case
from ctscribe.data.cases import read_case
from ctscribe.data.index_schema import ROWS_AT_ONCE, SCHEMA, batches, record_of
from ctscribe.data.record import CaseRecord, Split
from ctscribe.errors import BadInput
from ctscribe.files import write_atomically
from ctscribe.registry import nearest_hint

FORMAT = "ctscribe index"
VERSION = 1
INDEX_FILE = "index.parquet"
"""Name of the index inside a folder that is given in its place."""

_KEY = b"ctscribe"


class Records(Sequence[CaseRecord]):
    """Rows of an index as records, each decoded when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return self._table.num_rows

    @overload
    def __getitem__(self, at: int) -> CaseRecord: ...
    @overload
    def __getitem__(self, at: slice) -> Records: ...
    def __getitem__(self, at: int | slice) -> CaseRecord | Records:
        if isinstance(at, slice):
            return Records(self._table.take(list(range(*at.indices(len(self))))))
        if not -len(self) <= at < len(self):
            raise IndexError(f"record {at} of {len(self)}")
        return record_of(self._table.slice(at % len(self), 1).to_pylist()[0])

    def __iter__(self) -> Iterator[CaseRecord]:
        for batch in self._table.to_batches(ROWS_AT_ONCE):
            yield from map(record_of, batch.to_pylist())


@dataclass(frozen=True, eq=False)
class Index:
    """The cases of a data set.

    Parameters
    ----------
    table : one row a case, columns as ``index_schema.SCHEMA``.
    root : the folder that the records' paths are relative to.
    source : the data set.
    options : how it was read.
    notes : sentences on what was left out.
    """

    table: pa.Table
    root: Path
    source: str
    options: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def records(self) -> Records:
        """The cases, decoded one by one."""
        return Records(self.table)

    @cached_property
    def splits(self) -> dict[str, int]:
        """Split → number of its cases, for the splits that have any."""
        counts = Counter(self.table["split"].to_pylist())
        return {split: counts[split] for split in get_args(Split) if counts[split]}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the records: the same wherever the index and its data lie."""
        content = hashlib.sha256()
        for batch in self.table.to_batches(ROWS_AT_ONCE):
            content.update(json.dumps(batch.to_pylist(), ensure_ascii=False).encode())
        return content.hexdigest()

    def split(self, name: str) -> Index:
        """The cases of one split.

        Raises
        ------
        BadInput : there is no such split (``unknown-split``), or the index has no case of it (``empty-split``).
        """
        if name not in get_args(Split):
            hint = nearest_hint(name, get_args(Split))
            raise BadInput(f"there is no split {name!r}", hint=hint, code="unknown-split")
        if name not in self.splits:
            has = ", ".join(self.splits) or "none"
            raise BadInput(f"this index of {self.source} has no {name} cases", hint=f"it has {has}", code="empty-split")
        return replace(self, table=self.table.filter(pc.field("split") == name))

    def path_of(self, record: CaseRecord) -> Path:
        """Where a case's scan lies."""
        return self.root / record.volume

    def case(self, at: int, *, segmenter: Segmenter | None = None, detect: bool = False) -> Case:
        """Read the scan and masks of one case; see ``cases.read_case``."""
        return read_case(self.records[at], self.root, segmenter=segmenter, detect=detect)


def write_index(
    records: Sequence[CaseRecord],
    path: Path,
    *,
    source: str,
    root: Path,
    options: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write records as one Parquet file, all or nothing; the same records give the same bytes.

    Columns are the fields of ``CaseRecord``: ``id``, ``patient``, ``split``, ``volume``, ``masks``, ``findings``,
    ``impression`` (text), ``sections``, ``extra`` (maps of text), ``labels`` (list of int8) and ``questions`` (list of
    ``kind``, ``question``, ``answer``, ``choices``, ``region``). What is not known is null. The file's metadata
    has, under ``ctscribe``, a JSON object: ``format``, ``version``, ``source``, ``root``, ``options``, ``counts`` and
    ``notes``.

    Parameters
    ----------
    path : the file; its folder is made.
    root : folder that the records' paths are relative to. It is kept relative to the index when one of the two lies
        inside the other, so that both can be moved together.
    options, notes : how the data set was read, and what should be known of it.
    """
    about = {
        "format": FORMAT,
        "version": VERSION,
        "source": source,
        "root": _portable(root, path.parent),
        "options": dict(options or {}),
        "counts": _counts(records),
        "notes": list(notes),
    }
    schema = SCHEMA.with_metadata({_KEY: json.dumps(about, ensure_ascii=False).encode()})
    content = io.BytesIO()
    with pq.ParquetWriter(content, schema, compression="zstd") as writer:
        for batch in batches(records):
            writer.write_batch(batch)
    write_atomically({path: content.getvalue()})


def read_index(path: Path, *, root: Path | None = None) -> Index:
    """Open an index, or the ``index.parquet`` of a folder.

    Parameters
    ----------
    root : where the data lie now, when they were moved without their index.

    Raises
    ------
    BadInput : no file (``index-not-found``), no index (``not-an-index``), or one of another version
        (``index-version``).
    """
    file = path / INDEX_FILE if path.is_dir() else path
    if not file.is_file():
        hint = "write one with: ctscribe data prepare SOURCE ROOT -o INDEX"
        raise BadInput(f"there is no index at {file}", hint=hint, code="index-not-found")
    table, about = _read(file)
    return Index(
        table=table,
        root=root or (file.parent / about["root"]).resolve(),
        source=about["source"],
        options=about["options"],
        notes=tuple(about["notes"]),
    )


def _read(file: Path) -> tuple[pa.Table, dict[str, Any]]:
    try:
        with pq.ParquetFile(file) as parquet:
            about = json.loads((parquet.schema_arrow.metadata or {}).get(_KEY, b"{}"))
            if about.get("format") == FORMAT and about.get("version") != VERSION:
                raise BadInput(
                    f"{file} is an index of version {about.get('version')}, this ctscribe reads version {VERSION}",
                    hint="write it again with ctscribe data prepare",
                    code="index-version",
                )
            if about.get("format") == FORMAT and parquet.schema_arrow.equals(SCHEMA):
                return parquet.read(), about
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_an_index(file) from error
    raise _not_an_index(file)


def _not_an_index(file: Path) -> BadInput:
    hint = "give the Parquet file that ctscribe data prepare wrote"
    return BadInput(f"{file} is not an index of cases", hint=hint, code="not-an-index")


def _portable(root: Path, folder: Path) -> str:
    root, folder = root.resolve(), folder.resolve()
    together = root.is_relative_to(folder) or folder.is_relative_to(root)
    return Path(os.path.relpath(root, folder)).as_posix() if together else str(root)


def _counts(records: Sequence[CaseRecord]) -> dict[str, int]:
    splits = Counter(record.split for record in records)
    patients = len({record.patient for record in records})
    return {"cases": len(records), "patients": patients} | {name: splits[name] for name in get_args(Split)}
