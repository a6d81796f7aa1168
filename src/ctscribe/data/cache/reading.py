"""Cached entries, one case at a time: what a training epoch reads."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ctscribe.data.cache.blocks import LESIONS, VALUES, lesion_sentences
from ctscribe.data.cache.building import view_folders
from ctscribe.data.cache.keys import Cases, case_keys
from ctscribe.data.cache.manifest import read_manifest
from ctscribe.data.cache.shards import damaged, read_tensor
from ctscribe.data.cache.store import STORE, read_store
from ctscribe.errors import BadInput
from ctscribe.model.config import Page
from ctscribe.model.views import build_views, with_origins

MOST_OPEN = 32
"""Shards of a store that a process holds open."""

_AGAIN = "give ctscribe data cache with this index and system again: it makes what is missing"


class Entries:
    """The entries of one store.

    Parameters
    ----------
    folder : the store.

    Raises
    ------
    BadInput : ``not-cached``: the store is not there, so this view was never cached as it is now; ``cache-incomplete``.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / STORE).is_file():
            raise BadInput(f"{folder.parent} does not hold {folder.name}", hint=_AGAIN, code="not-cached")
        self.store = read_store(folder)
        self.manifest = read_manifest(self.store)
        self._open: OrderedDict[int, int] = OrderedDict()

    def __getitem__(self, case: str) -> dict[str, Tensor]:
        """The tensors of a case by name.

        Raises
        ------
        CTScribeError : ``damaged-shard``.
        """
        return {
            place.tensor: read_tensor(self._file(shard), place, self.store.shard(shard))
            for shard, place in self.manifest.places(case)
        }

    def verify(self) -> None:
        """Read every entry and compare its SHA-256.

        Raises
        ------
        CTScribeError : ``damaged-shard``, naming the first.
        """
        for case in self.manifest.rows:
            for shard, place in self.manifest.places(case):
                read_tensor(self._file(shard), place, self.store.shard(shard), verify=True)

    def close(self) -> None:
        """Close the shards that are open; they open again when they are read."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _file(self, shard: int) -> int:
        """A descriptor; forked processes may share it, for it is read at given places only."""
        if shard not in self._open:
            try:
                self._open[shard] = os.open(self.store.shard(shard), os.O_RDONLY)
            except OSError as error:
                raise damaged(self.store.shard(shard)) from error
            if len(self._open) > MOST_OPEN:
                os.close(self._open.popitem(last=False)[1])
        self._open.move_to_end(shard)
        return self._open[shard]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": OrderedDict()}

    def __del__(self) -> None:
        if hasattr(self, "_open"):
            self.close()


class CachedViews:
    """What the views of a page took from every case: equal to ``sample_views``, to the bit.

    Parameters
    ----------
    folder : the cache.
    page : the system; a view that it has changed since is not found, rather than found as it was.
    cases : the data set, or a split of it, whose cases are wanted; each is compared with its files as they are now.
        Without it all cached cases are given, unchecked.
    known : features that are cached as well; views that only their encoders look at are not read.

    Raises
    ------
    BadInput : ``not-cached``, ``cache-incomplete``, ``stale-cache``.
    """

    def __init__(self, folder: Path, page: Page, cases: Cases | None = None, *, known: Collection[str] = ()) -> None:
        entries: dict[Path, Entries] = {}
        spared = page.views_needed() - with_origins(build_views(page.views), page.views_needed(known))
        folders = {name: path for name, path in view_folders(page, folder).items() if name not in spared}
        self._entries = {name: entries.setdefault(path, Entries(path)) for name, path in folders.items()}
        manifests = [each.manifest for each in entries.values()]
        wanted = None if cases is None else case_keys(cases)
        if wanted is not None:
            for manifest in manifests:
                check_current(manifest.keys(), wanted, folder)
        self.ids = tuple(
            case for case in wanted or manifests[0].rows if all(case in manifest.rows for manifest in manifests)
        )
        """Cases in order; those that could not be cached are left out."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, at: int) -> dict[str, Tensor]:
        """View → the sample of a case.

        Raises
        ------
        CTScribeError : ``damaged-shard``.
        """
        case = self.ids[at]
        return {name: entries[case][VALUES] for name, entries in self._entries.items() if name != LESIONS}

    def lesions(self, at: int) -> tuple[str, ...]:
        """A sentence for each lesion that a prompt names."""
        return lesion_sentences(self._entries[LESIONS][self.ids[at]])

    def verify(self) -> None:
        """Read every entry and compare its SHA-256; raises ``damaged-shard``."""
        for entries in self._entries.values():
            entries.verify()


def check_current(cached: Mapping[str, str], wanted: Mapping[str, str], folder: Path) -> None:
    """Refuse a cache that does not know all of these cases as they are now."""
    unknown = [case for case in wanted if case not in cached]
    changed = [case for case, key in wanted.items() if cached.get(case, key) != key]
    if unknown or changed:
        shown = ", ".join((changed or unknown)[:3])
        problem = f"{len(changed)} cases have changed since and {len(unknown)} are new, such as {shown}"
        raise BadInput(f"{folder}: this cache is stale: {problem}", hint=_AGAIN, code="stale-cache")
