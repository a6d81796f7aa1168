"""A shard: the entries of some cases in one safetensors file, with a checksum of each.

Values are kept raw. Of a sampled chest CT, LZ4 saves a third and zstd a half, and reading takes 7 and 25 times as long.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from isal.isal_zlib import crc32
from safetensors.torch import save
from torch import Tensor

from ctscribe.errors import CTScribeError

DTYPES = {"U8": torch.uint8, "I16": torch.int16, "F16": torch.float16, "F32": torch.float32}
"""Number types of entries, by their names in safetensors."""

_KEY = "cache"
_LONGEST_HEADER = 1 << 26


@dataclass(frozen=True)
class Place:
    """Where one tensor lies in a shard, and what its bytes add up to.

    Parameters
    ----------
    start, length : bytes from the start of the file.
    crc32 : looked at on every reading, since it costs next to nothing.
    sha256 : hexadecimal, for ``--verify``.
    """

    tensor: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    length: int
    crc32: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """What a shard holds.

    Parameters
    ----------
    keys : case id → key of the case as it was cached.
    places : case id → its tensors.
    failed : case id → key, of cases that could not be cached.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


def shard_bytes(
    entries: Mapping[str, Mapping[str, Tensor]], keys: Mapping[str, str], failed: Mapping[str, str]
) -> bytes:
    """A shard as a file; the same entries give the same bytes.

    Parameters
    ----------
    entries : case id → tensor name (without a slash) → values of one of ``DTYPES``.
    """
    tensors = {f"{case}/{name}": values.contiguous() for case, each in entries.items() for name, values in each.items()}
    sums = {name: [crc32(_bytes(values)), sha256(_bytes(values)).hexdigest()] for name, values in tensors.items()}
    about = {"keys": {case: keys[case] for case in entries}, "failed": dict(failed), "sums": sums}
    # One key alone: safetensors writes several in any order.
    return save(tensors, metadata={_KEY: json.dumps(about, ensure_ascii=False, sort_keys=True)})


def read_contents(shard: Path) -> Contents:
    """What a shard holds, from its header.

    Raises
    ------
    CTScribeError : ``damaged-shard``: it cannot be opened, is cut short, or is none.
    """
    try:
        with shard.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length < _LONGEST_HEADER else {}
            size = os.fstat(file.fileno()).st_size
        about = json.loads(header["__metadata__"][_KEY])
        places: dict[str, list[Place]] = {case: [] for case in about["keys"]}
        for name, (crc, sha) in about["sums"].items():
            case, _, tensor = name.rpartition("/")
            places[case].append(_place(tensor, header[name], 8 + length, crc, sha))
        if size != max((place.start + place.length for each in places.values() for place in each), default=8 + length):
            raise ValueError("length")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(shard) from error
    return Contents(about["keys"], {case: tuple(each) for case, each in places.items()}, about["failed"])


def read_tensor(file: int, place: Place, shard: Path, *, verify: bool = False) -> Tensor:
    """One tensor of an open shard, without reading the rest of it.

    Its bytes are copied by one call: as fast as mapping them, kind to network file systems, and the process does not
    hold what it has read before.

    Parameters
    ----------
    file : descriptor of the shard.
    verify : compare the SHA-256 besides the CRC-32.

    Raises
    ------
    CTScribeError : ``damaged-shard``: the bytes are not those that were written.
    """
    values = torch.empty(place.shape, dtype=DTYPES[place.dtype])
    held = _bytes(values)
    try:
        got = _fill(file, held, place.start)
    except OSError as error:
        raise damaged(shard) from error
    if got != place.length or crc32(held) != place.crc32:
        raise damaged(shard)
    if verify and sha256(held).hexdigest() != place.sha256:
        raise damaged(shard)
    return values


def damaged(shard: Path) -> CTScribeError:
    """The error that names a shard."""
    return CTScribeError(
        f"{shard}: this shard of the cache is damaged",
        hint="give the same ctscribe data cache command with --verify: what is damaged is made again",
        code="damaged-shard",
    )


def _fill(file: int, held: memoryview, start: int) -> int:
    """Read until it is full or the file ends; one call of the system gives 2 GB at most."""
    got = 0
    while got < len(held) and (count := os.preadv(file, [held[got:]], start + got)):
        got += count
    return got


def _bytes(values: Tensor) -> memoryview:
    return values.numpy().reshape(-1).view(np.uint8).data


def _place(tensor: str, entry: Mapping[str, Any], data: int, crc: int, sha: str) -> Place:
    start, end = entry["data_offsets"]
    return Place(tensor, entry["dtype"], tuple(entry["shape"]), data + start, end - start, crc, sha)
