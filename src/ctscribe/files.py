"""Writing files so that an interrupted run leaves nothing half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ctscribe.errors import CTScribeError


def write_atomically(contents: Mapping[Path, bytes]) -> None:
    """Write files all or none: each to a temporary name in its own folder, synced, then renamed.

    Folders are made as needed, and removed again when nothing could be written into them.

    Raises
    ------
    CTScribeError : a file cannot be written; what stood there before is untouched.
    """
    made: list[Path] = []
    temporary: dict[Path, Path] = {}
    try:
        for target, content in contents.items():
            made += _make_folder(target.parent)
            temporary[target] = _write_temporary(target, content)
        for target, written in temporary.items():
            written.replace(target)
    except OSError as error:
        for written in temporary.values():
            written.unlink(missing_ok=True)
        for folder in reversed(made):
            folder.rmdir()
        names = ", ".join(str(target) for target in contents)
        raise CTScribeError(
            f"cannot write {names}: {error.strerror}",
            hint="check the folder, its rights and the free space",
            code="cannot-write",
        ) from error


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and its missing parents; the ones made, outermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _write_temporary(target: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o666 & ~_umask())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
