import bz2
import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest

from ctscribe.ct.readers.payload import FREE_BYTES, opened, read_voxels
from ctscribe.errors import BadScan

PACKERS = {"none": bytes, "gzip": gzip.compress, "zlib": zlib.compress, "bzip2": bz2.compress}


@pytest.fixture
def stored(rng) -> np.ndarray:
    return np.asfortranarray(rng.integers(-1000, 1000, (11, 12, 13)).astype("<i2"))


def packed(folder: Path, content: bytes, compression: str) -> Path:
    path = folder / "voxels"
    path.write_bytes(b"header" + PACKERS[compression](content))
    return path


def read(path: Path, shape: tuple[int, ...], compression, skip: int = 0) -> np.ndarray:
    with opened(path) as file:
        file.seek(6)
        return read_voxels(file, shape, np.dtype("<i2"), compression, skip=skip)


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("skip", [0, 5])
def test_every_compression_gives_the_same_voxels(stored, tmp_path, compression, skip):
    path = packed(tmp_path, bytes(skip) + stored.tobytes(order="F"), compression)
    assert np.array_equal(read(path, stored.shape, compression, skip), stored)


@pytest.mark.parametrize("compression", PACKERS)
def test_a_byte_too_few_is_seen(stored, tmp_path, compression):
    path = packed(tmp_path, stored.tobytes(order="F")[:-1], compression)
    with pytest.raises(BadScan) as refused:
        read(path, stored.shape, compression)
    assert refused.value.code == "truncated"


@pytest.mark.parametrize("compression", ["gzip", "zlib", "bzip2"])
def test_every_flipped_bit_is_seen(stored, tmp_path, compression, rng):
    path = packed(tmp_path, stored.tobytes(order="F"), compression)
    sound = path.read_bytes()
    for at in rng.integers(30, len(sound), 40):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            assert np.array_equal(read(path, stored.shape, compression), stored)  # a bit that carries nothing
        except BadScan as refused:
            assert refused.code in ("damaged", "truncated")


def test_a_bomb_is_not_unpacked(tmp_path):
    path = packed(tmp_path, bytes(1000), "gzip")
    with pytest.raises(BadScan) as refused:
        read(path, (FREE_BYTES // 1000, 1000, 2), "gzip")
    assert refused.value.code == "bomb"


def test_a_missing_file(tmp_path):
    with pytest.raises(BadScan) as refused:
        opened(tmp_path / "nothing")
    assert refused.value.code == "unreadable"
    assert str(tmp_path) not in refused.value.message
