"""Where every entry of a store lies: one Parquet file, so that nobody opens thousands of shards to find one."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ctscribe.data.cache.shards import Contents, Place
from ctscribe.data.cache.store import STORE, Store, clear_leftovers, replace_file
from ctscribe.errors import BadInput

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("key", pa.string()),
        pa.field("shard", pa.int32()),
        pa.field("tensor", pa.string()),
        pa.field("dtype", pa.string()),
        pa.field("shape", pa.list_(pa.int32())),
        pa.field("start", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("crc32", pa.uint32()),
        pa.field("sha256", pa.string()),
    ]
)
"""One row a tensor, in the order of the index; ``Place`` says what the columns mean."""

_FAILED = b"failed"


@dataclass(frozen=True, eq=False)
class Manifest:
    """What a store holds.

    Parameters
    ----------
    table : as ``SCHEMA``; it stays packed, so that worker processes share its memory.
    rows : case id → its rows, first and end.
    failed : case id → key, of cases that could not be cached.
    """

    table: pa.Table
    rows: Mapping[str, tuple[int, int]]
    failed: Mapping[str, str]

    def places(self, case: str) -> list[tuple[int, Place]]:
        """The shard and the place of every tensor of a case."""
        return [self._place(at) for at in range(*self.rows[case])]

    def _place(self, row: int) -> tuple[int, Place]:
        shard, tensor, dtype, shape, *rest = (column[row].as_py() for column in self._columns)
        return shard, Place(tensor, dtype, tuple(shape), *rest)

    @cached_property
    def _columns(self) -> list[pa.Array]:
        """What ``_place`` reads, each in one piece, which is looked up several times as fast."""
        names = ("shard", "tensor", "dtype", "shape", "start", "length", "crc32", "sha256")
        return [pa.concat_arrays(self.table[name].chunks) for name in names]

    def keys(self) -> dict[str, str]:
        """Case id → the key that it had when it was cached, or could not be."""
        return {**dict(zip(self.table["id"].to_pylist(), self.table["key"].to_pylist(), strict=True)), **self.failed}


def write_manifest(store: Store, keys: Mapping[str, str]) -> bool:
    """Write a store's manifest if every case is accounted for, and remove shards beyond the last case.

    Parameters
    ----------
    keys : case id → key, of all cases in the order of the index.

    Returns
    -------
    Whether it is complete; otherwise other parts of the index are still to be cached.
    """
    wanted = list(keys.items())
    count = -(-len(wanted) // store.cases)
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    failed: dict[str, str] = {}
    for number in range(count):
        contents = store.contents(number)
        for case, key in wanted[number * store.cases : (number + 1) * store.cases]:
            if contents.keys.get(case) == key:
                _add(columns, case, number, contents)
            elif contents.failed.get(case) == key:
                failed[case] = key
            else:
                return False
    table = pa.table(columns, SCHEMA.with_metadata({_FAILED: json.dumps(failed).encode()}))
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    _remove_beyond(store, count)
    clear_leftovers(store.folder / STORE)
    if not store.manifest.is_file() or store.manifest.read_bytes() != content.getvalue():
        replace_file(store.manifest, content.getvalue())
    return True


def read_manifest(store: Store) -> Manifest:
    """What a store holds.

    Raises
    ------
    BadInput : ``cache-incomplete``: caching has not come to its end, or the file is damaged.
    """
    try:
        table = pq.read_table(store.manifest, memory_map=False)
        failed = json.loads((table.schema.metadata or {})[_FAILED])
        if not table.schema.equals(SCHEMA):
            raise ValueError("schema")
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise BadInput(
            f"{store.folder}: caching has not come to its end",
            hint="give the same ctscribe data cache command again: it goes on where it stopped",
            code="cache-incomplete",
        ) from error
    return Manifest(table, _rows(table["id"].to_pylist()), failed)


def _add(columns: dict[str, list[object]], case: str, number: int, contents: Contents) -> None:
    for place in sorted(contents.places[case], key=lambda place: place.tensor):
        row = {"id": case, "key": contents.keys[case], "shard": number, **vars(place)}
        for name, column in columns.items():
            column.append(row[name])


def _rows(ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    rows: dict[str, tuple[int, int]] = {}
    for at, case in enumerate(ids):
        rows[case] = (rows.get(case, (at, at))[0], at + 1)
    return rows


def _remove_beyond(store: Store, count: int) -> None:
    shards: list[Path] = sorted(store.folder.glob("*.safetensors"))
    for shard in shards:
        if shard.stem.isdigit() and int(shard.stem) >= count:
            shard.unlink(missing_ok=True)
