"""A shard is an ordinary safetensors file, the same bytes each time, and every flipped bit of it is seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from ctscribe.data.cache.shards import read_contents, read_tensor, shard_bytes
from ctscribe.errors import CTScribeError

ENTRIES: dict[str, dict[str, Tensor]] = {
    "b/2": {"values": torch.arange(24, dtype=torch.int16).view(2, 3, 4)},
    "a": {"values": torch.full((3,), 7, dtype=torch.uint8), "layers.3": torch.tensor([[0.5, -1.25]])},
    "c": {"values": torch.tensor([0.1], dtype=torch.float16)},
}
KEYS = {"a": "key a", "b/2": "key b", "c": "key c", "d": "key d"}


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "00000.safetensors"
    path.write_bytes(shard_bytes(ENTRIES, KEYS, {"d": "key d"}))
    return path


def read_all(shard: Path, *, verify: bool = False) -> dict[str, dict[str, Tensor]]:
    file = os.open(shard, os.O_RDONLY)
    try:
        return {
            case: {place.tensor: read_tensor(file, place, shard, verify=verify) for place in places}
            for case, places in read_contents(shard).places.items()
        }
    finally:
        os.close(file)


def test_tensors_come_back_one_by_one(shard: Path) -> None:
    found = read_all(shard, verify=True)
    assert found.keys() == ENTRIES.keys()
    for case, tensors in ENTRIES.items():
        assert found[case].keys() == tensors.keys()
        assert all(torch.equal(found[case][name], values) for name, values in tensors.items())
        assert all(found[case][name].dtype == values.dtype for name, values in tensors.items())


def test_any_reader_of_safetensors_reads_it(shard: Path) -> None:
    loaded = load_file(shard)
    assert torch.equal(loaded["b/2/values"], ENTRIES["b/2"]["values"])
    assert loaded.keys() == {"b/2/values", "a/values", "a/layers.3", "c/values"}


def test_contents_tell_keys_and_failures(shard: Path) -> None:
    contents = read_contents(shard)
    assert contents.keys == {case: KEYS[case] for case in ENTRIES}
    assert contents.failed == {"d": "key d"}


def test_the_order_in_which_entries_came_does_not_matter(shard: Path) -> None:
    backwards = {case: dict(reversed(ENTRIES[case].items())) for case in reversed(ENTRIES)}
    assert shard_bytes(backwards, KEYS, {"d": "key d"}) == shard.read_bytes()


def test_a_shard_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.safetensors"
    path.write_bytes(shard_bytes({}, KEYS, {"d": "key d"}))
    assert read_contents(path).failed == {"d": "key d"}
    assert read_all(path) == {}


def test_every_flipped_bit_of_the_values_is_seen(shard: Path) -> None:
    whole = shard.read_bytes()
    values = 8 + int.from_bytes(whole[:8], "little")
    for at in range(values, len(whole)):
        shard.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        with pytest.raises(CTScribeError, match=r"00000\.safetensors: this shard of the cache is damaged"):
            read_all(shard)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_shard_that_was_cut_short_is_named(shard: Path, kept: int) -> None:
    shard.write_bytes(shard.read_bytes()[:kept])
    with pytest.raises(CTScribeError, match="damaged") as caught:
        read_contents(shard)
    assert caught.value.code == "damaged-shard"


def test_a_header_as_long_as_the_disk_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(CTScribeError, match="damaged"):
        read_contents(path)
