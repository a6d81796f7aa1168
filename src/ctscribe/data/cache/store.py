"""A store: the entries of one view, or of one encoder's features, for all cases; and its folder.

``store.json`` says what the entries are, ``00000.safetensors`` … hold them, and ``manifest.parquet``, written when
every case is accounted for and removed before any shard changes, says where each of them lies. A case belongs to a
shard by its place in the index, never by the time at which it was ready.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from torch import Tensor

from ctscribe.data.cache.keys import Recipe, digest
from ctscribe.data.cache.shards import Contents, read_contents, shard_bytes
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.files import write_atomically
from ctscribe.model.views import View

BLOCK = 32
"""Most cases of a shard; what one process works on at a time. A shard holds a power of two of them, so that shards of
every store lie inside blocks."""

STORE, MANIFEST = "store.json", "manifest.parquet"


@dataclass(frozen=True)
class Store:
    """A folder of entries.

    Parameters
    ----------
    folder : where it is; its name ends with the digest of ``recipe``.
    recipe : what the entries depend on besides the case.
    cases : cases a shard.
    """

    folder: Path
    recipe: Recipe
    cases: int

    @property
    def manifest(self) -> Path:
        """Where every entry lies."""
        return self.folder / MANIFEST

    def shard(self, number: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{number:05d}.safetensors"

    def contents(self, number: int) -> Contents:
        """What a shard holds; nothing where it is missing or damaged, so that it is made again."""
        try:
            return read_contents(self.shard(number))
        except CTScribeError:
            return Contents()

    def write(
        self,
        number: int,
        entries: Mapping[str, Mapping[str, Tensor]],
        keys: Mapping[str, str],
        failed: Mapping[str, str],
    ) -> None:
        """Write a shard, complete or not at all.

        Raises
        ------
        CTScribeError : ``cannot-write``, such as a full disk.
        """
        self.manifest.unlink(missing_ok=True)
        replace_file(self.shard(number), shard_bytes(entries, keys, failed))


def open_store(root: Path, kind: str, recipe: Recipe, entry_bytes: int, shard_bytes: int) -> Store:
    """The store of a recipe, made where there is none; one that is there keeps the size of its shards.

    Parameters
    ----------
    root : the cache's folder.
    kind : what the entries are, in the folder's name.
    entry_bytes : of one case, at most.
    shard_bytes : of a shard, unless one case needs more.
    """
    folder = store_folder(root, kind, recipe)
    if not (folder / STORE).is_file():
        cases = BLOCK
        while cases > 1 and cases * entry_bytes > shard_bytes:
            cases //= 2
        content = {"recipe": recipe, "cases_per_shard": cases}
        write_atomically({folder / STORE: (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()})
    return read_store(folder)


def read_store(folder: Path) -> Store:
    """An existing store.

    Raises
    ------
    BadInput : ``no-store``: there is none, or its description is damaged.
    """
    try:
        content: dict[str, Any] = json.loads((folder / STORE).read_text(encoding="utf-8"))
        return Store(folder, content["recipe"], int(content["cases_per_shard"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "remove that folder, and cache again"
        raise BadInput(f"{folder} is no store of a cache", hint=hint, code="no-store") from error


def store_folder(root: Path, kind: str, recipe: Recipe) -> Path:
    """Where the store of a recipe is."""
    return root / f"{kind}-{digest(recipe)}"


def sample_bytes(view: View) -> int:
    """Bytes of one sample of a view, at most: two for every voxel on the scan or every patch of a mask."""
    return 2 * prod(view.voxels or view.shape)


def replace_file(target: Path, content: bytes) -> None:
    """Write a file whole that only one run writes at a time, and clear away what killed runs left of it."""
    clear_leftovers(target)
    write_atomically({target: content})


def clear_leftovers(target: Path) -> None:
    """Remove what killed runs left of a file."""
    for leftover in target.parent.glob(f".{target.name}.*"):
        leftover.unlink(missing_ok=True)
