"""A shard in the making: what is still right is kept, the rest is made, and the whole is written once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ctscribe.data.cache.shards import Contents, read_tensor
from ctscribe.data.cache.store import Store
from ctscribe.errors import CTScribeError


class Draft:
    """One shard of a store on its way.

    Parameters
    ----------
    store, number : which shard.
    keys : case id → key, of the cases that belong to it, in order.
    verify : read what is there and compare its checksums, rather than trust a shard that is whole.
    together : keep all or nothing: its entries are made in batches, and the last bits of a feature depend on the batch.
    """

    def __init__(
        self, store: Store, number: int, keys: Mapping[str, str], *, verify: bool = False, together: bool = False
    ) -> None:
        self.store, self.number, self.keys = store, number, keys
        self._contents = contents = store.contents(number)
        self._kept = [case for case, key in keys.items() if contents.keys.get(case) == key]
        if verify and self._damaged():
            self._kept = []
        if together and any(contents.failed.get(case) != keys[case] for case in self.missing):
            self._kept = []
        self._made: dict[str, Mapping[str, Tensor]] = {}
        self._failed: dict[str, str] = {}

    @property
    def missing(self) -> list[str]:
        """Cases that are to be made."""
        return [case for case in self.keys if case not in self._kept]

    @property
    def outdated(self) -> int:
        """How many entries of the old shard are of cases that have changed, or have another place by now."""
        return sum(self.keys.get(case) != key for case, key in self._contents.keys.items())

    def add(self, case: str, tensors: Mapping[str, Tensor]) -> None:
        """Take in what was made."""
        self._made[case] = tensors

    def fail(self, case: str) -> None:
        """Note that a case could not be made."""
        self._failed[case] = self.keys[case]

    def write(self) -> None:
        """Write the shard, unless the one that is there holds the same."""
        same = not self._made and not self.outdated and self._failed == self._contents.failed
        if same and len(self._kept) == len(self._contents.keys) and self.store.shard(self.number).is_file():
            return
        old = _entries(self.store.shard(self.number), self._contents, self._kept)
        entries = {case: each for case in self.keys if (each := self._made.get(case) or old.get(case))}
        self.store.write(self.number, entries, self.keys, self._failed)

    def _damaged(self) -> bool:
        try:
            _entries(self.store.shard(self.number), self._contents, self._kept, verify=True)
        except CTScribeError:
            return True
        return False


def _entries(
    shard: Path, contents: Contents, cases: list[str], *, verify: bool = False
) -> dict[str, dict[str, Tensor]]:
    """Entries of a shard, checked."""
    if not cases:
        return {}
    file = os.open(shard, os.O_RDONLY)
    try:
        return {
            case: {place.tensor: read_tensor(file, place, shard, verify=verify) for place in contents.places[case]}
            for case in cases
        }
    finally:
        os.close(file)
