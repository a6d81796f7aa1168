"""What a text header says about the voxels that follow it, or that lie in a file beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from ctscribe.ct.readers.payload import COPY_AGAIN, Compression
from ctscribe.errors import BadScan
from ctscribe.types import Affine

MAX_LINE, MAX_LINES = 65_536, 4_096


@dataclass(frozen=True, eq=False)
class StoredImage:
    """Where the voxels are and how they are stored.

    Parameters
    ----------
    data_file : the file beside the header, ``None`` when the voxels follow the header.
    shape : voxels along each axis, the fastest first.
    affine : index → LPS mm.
    skip : bytes to pass over after decompression; ``from_end`` puts the voxels at the end of the file instead.
    """

    data_file: Path | None
    shape: tuple[int, ...]
    dtype: np.dtype
    compression: Compression
    affine: Affine
    skip: int = 0
    from_end: bool = False


def header_line(file: BufferedReader) -> str | None:
    """The next line of a text header without its end; ``None`` at the end of the file."""
    line = file.readline(MAX_LINE)
    if not line:
        return None
    if len(line) == MAX_LINE:
        raise bad_header("a line of the header does not end")
    return line.decode("utf-8", errors="replace").rstrip("\r\n")


def bad_header(what: str, code: str = "bad-header", hint: str = COPY_AGAIN) -> BadScan:
    """A refusal of a header."""
    return BadScan(what, hint=hint, code=code)


def numbers(text: str, count: int, what: str) -> list[float]:
    """``count`` numbers separated by blanks."""
    try:
        values = [float(word) for word in text.split()]
    except ValueError as error:
        raise bad_header(f"the header's {what} are not numbers") from error
    if not all(math.isfinite(value) for value in values):
        raise bad_header(f"the header's {what} are not finite")
    if len(values) != count:
        raise bad_header(f"the header gives {len(values)} {what}, {count} are needed")
    return values


def whole_numbers(text: str, count: int, what: str) -> tuple[int, ...]:
    """``count`` whole numbers separated by blanks."""
    values = numbers(text, count, what)
    if not all(value.is_integer() for value in values):
        raise bad_header(f"the header's {what} are not whole numbers")
    return tuple(int(value) for value in values)


def beside(header: Path, name: str) -> Path:
    """The data file that a header names, which must lie in the header's folder (code ``escaping-path``)."""
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    if windows.drive or windows.root or posix.is_absolute() or ".." in windows.parts:
        raise _escaping()
    folder = header.parent.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise _escaping()
    if not path.is_file():
        raise BadScan(
            "the data file that the header names is not beside it",
            hint="keep the header and its data file in one folder",
            code="missing-data-file",
        )
    return path


def _escaping() -> BadScan:
    return BadScan(
        "the header names a data file outside its own folder",
        hint="put the data file beside the header and name it without a path",
        code="escaping-path",
    )
