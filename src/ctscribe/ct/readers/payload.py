"""The voxels behind a header: raw or compressed, read to the last byte and checked, or refused.

Every reader of a single file comes through here. The size is known from the header beforehand, so that neither a
truncated file nor one that swells without end is followed; checksums are verified because the stream is read out.
"""

from __future__ import annotations

import bz2
from io import BufferedReader
from pathlib import Path
from typing import Literal, TypeAlias, cast

import numpy as np
from isal import igzip, isal_zlib
from isal.igzip_lib import IsalError

from ctscribe.ct.checks import check_size
from ctscribe.errors import BadScan

Compression = Literal["none", "gzip", "zlib", "bzip2"]

Stream: TypeAlias = BufferedReader | igzip.IGzipFile | bz2.BZ2File

MAX_RATIO = 200
"""Bytes of voxels to bytes of file beyond which a file is a decompression bomb; a CT packs to a half or a third."""

FREE_BYTES = 2**26
"""Small scans, phantoms for instance, may pack better than that."""

MAX_TRAILING = 2**20
"""Bytes after the last voxel that are passed over."""

DAMAGE = (OSError, ValueError, cast("type[Exception]", IsalError))
"""What the decompressors raise on data that do not match their checksum."""

COPY_AGAIN = "copy or export the scan again"


def opened(path: Path) -> BufferedReader:
    """The file, open for reading (code ``unreadable``)."""
    try:
        return path.open("rb")
    except OSError as error:
        raise BadScan(
            f"the scan cannot be opened: {error.strerror}", hint="check the path and its permissions", code="unreadable"
        ) from error


def read_voxels(
    file: BufferedReader,
    shape: tuple[int, ...],
    dtype: np.dtype,
    compression: Compression = "none",
    *,
    skip: int = 0,
    from_end: bool = False,
    max_ratio: int = MAX_RATIO,
) -> np.ndarray:
    """Voxels from the file's position on, first axis fastest as all these formats store them.

    Parameters
    ----------
    file : a file on disk, at the start of its (compressed) data.
    shape : voxels along each axis.
    dtype : as stored, with its byte order.
    skip : bytes to pass over, after decompression.
    from_end : the voxels are the file's last bytes (uncompressed only).
    max_ratio : how far the voxels may have been compressed; label maps pack better than scans.

    Returns
    -------
    np.ndarray : of ``shape``, native byte order, Fortran-ordered.

    Raises
    ------
    BadScan : codes ``bad-dimensions``, ``too-large``, ``truncated``, ``bomb``, ``damaged``.
    """
    left = _bytes_left(file)
    check_size(shape, dtype.itemsize, left - skip if compression == "none" else None)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size > left * max_ratio + FREE_BYTES:
        raise BadScan(
            f"the header announces {size} bytes of voxels, the file packs them into {left}: that is no CT",
            hint="the header is damaged, or the file was made to exhaust memory",
            code="bomb",
        )
    if from_end and compression == "none":
        skip = left - size
    try:
        data = _unpacked(file, compression, skip, size)
    except EOFError as error:
        raise _truncated() from error
    except DAMAGE as error:
        raise BadScan(
            "the file is damaged: its compressed data do not match their checksum", hint=COPY_AGAIN, code="damaged"
        ) from error
    stored = np.frombuffer(data, dtype=dtype, count=size // dtype.itemsize)
    return stored.astype(dtype.newbyteorder("="), copy=False).reshape(shape, order="F")


def _bytes_left(file: BufferedReader) -> int:
    at = file.tell()
    end = file.seek(0, 2)
    file.seek(at)
    return end - at


def _unpacked(file: BufferedReader, compression: Compression, skip: int, size: int) -> np.ndarray | memoryview:
    """``size`` bytes after ``skip``; reads on to the end of a compressed stream, where its checksum is."""
    if compression == "zlib":
        # The checksum is verified with the last byte, so more is asked for than should be there.
        unpacker = isal_zlib.decompressobj()
        data = unpacker.decompress(file.read(), skip + size + MAX_TRAILING)
        if len(data) < skip + size or not unpacker.eof:
            raise _truncated()
        return memoryview(data)[skip : skip + size]
    if compression == "none":
        stream: Stream = file
    else:
        stream = igzip.IGzipFile(fileobj=file, mode="rb") if compression == "gzip" else bz2.BZ2File(file)
    _pass_over(stream, skip)
    data = np.empty(size, dtype=np.uint8)
    view, at = data.data, 0
    while at < size:
        count = stream.readinto(view[at:])
        if not count:
            raise _truncated()
        at += count
    if compression != "none":
        _pass_over(stream, MAX_TRAILING)
        if stream.read(1):
            raise BadScan("the file holds more data than its header announces", hint=COPY_AGAIN, code="damaged")
    return data


def _pass_over(stream: Stream, count: int) -> None:
    while count > 0:
        passed = len(stream.read(min(count, 2**20)))
        if not passed:
            return
        count -= passed


def _truncated() -> BadScan:
    return BadScan("the file is cut short: it ends before its last voxel", hint=COPY_AGAIN, code="truncated")
