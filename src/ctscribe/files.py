"""Writing files so that an interrupted run leaves nothing half-written."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from ctscribe.errors import BadInput, CTScribeError


def can_write_below(folder: Path) -> bool:
    """Whether files can be written into a folder, or it can be made where it does not exist."""
    existing = _existing(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def check_output_folder(folder: Path) -> None:
    """Find out before the work, not after it, that its result cannot be written.

    Raises
    ------
    BadInput : ``output-is-a-file`` or ``output-read-only``.
    """
    existing = _existing(folder)
    if not existing.is_dir():
        raise BadInput(
            f"no folder can be made at {folder}: {existing} is a file",
            hint="give another one with -o",
            code="output-is-a-file",
        )
    if not can_write_below(folder):
        raise BadInput(
            f"cannot write into {existing}", hint="check its rights, or give -o DIR", code="output-read-only"
        )


def write_atomically(contents: Mapping[Path, bytes]) -> None:
    """Write files all or none: each to a temporary name in its own folder, synced, then renamed.

    Folders are made as needed, and removed again when nothing could be written into them.

    Raises
    ------
    CTScribeError : a file cannot be written; what stood there before is untouched.
    """
    made: list[Path] = []
    try:
        with ExitStack() as leftovers:
            temporary: dict[Path, Path] = {}
            for target, content in contents.items():
                made += _make_folder(target.parent)
                temporary[target] = _write_temporary(target, content, leftovers)
            for target, written in temporary.items():
                written.replace(target)
    except OSError as error:
        with suppress(OSError):
            for folder in reversed(made):
                folder.rmdir()
        names = ", ".join(str(target) for target in contents)
        raise CTScribeError(
            f"cannot write {names}: {error.strerror}",
            hint="check the folder, its rights and the free space",
            code="cannot-write",
        ) from error


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest of its parents that exists."""
    return next((parent for parent in (folder, *folder.parents) if os.path.lexists(parent)), Path())


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and its missing parents; the ones made, outermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _write_temporary(target: Path, content: bytes, leftovers: ExitStack) -> Path:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{target.name} is a folder")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    path = Path(name)
    leftovers.callback(path.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    share(path)
    return path


def share(path: Path) -> None:
    """Give a file the rights of any new file: temporary ones are their maker's alone."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
