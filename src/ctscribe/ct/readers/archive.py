"""A zip archive opened in a private temporary folder, gone when the scan is read.

Members get names of our own, whatever the archive calls them. Names that point out of the archive, links and encrypted
members are refused, and so is an archive that promises to grow beyond what a scan can be.
"""

from __future__ import annotations

import errno
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ctscribe.ct.readers.identify import ENOUGH_BYTES, FileKind, identify_bytes
from ctscribe.errors import BadScan, CTScribeError

MAX_MEMBERS = 20_000
MAX_BYTES = 8 * 2**30
MAX_RATIO, RATIO_FROM_BYTES = 200, 64 * 2**20
"""How far an archive may grow, once it grows beyond the second number: CT slices shrink two- to fourfold."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)
"""What zipfile raises on an archive that is cut short, corrupt or packed by a method it does not know."""

ONE_FILE: dict[FileKind, str] = {"nifti": ".nii", "nrrd": ".nrrd", "metaimage": ".mha"}


@contextmanager
def unpacked(archive: Path) -> Iterator[tuple[Path, FileKind]]:
    """The scan inside a zip: a folder of DICOM files, or its one NIfTI, NRRD or MetaImage file.

    Raises
    ------
    BadScan : ``zip-damaged``, ``zip-encrypted``, ``zip-path``, ``zip-link``, ``zip-bomb``, ``zip-empty``,
        ``zip-nested``, ``zip-no-scan``, ``zip-several``.
    """
    with TemporaryDirectory(prefix="ctscribe-") as folder:
        try:
            with zipfile.ZipFile(archive) as opened:
                members = [m for m in opened.infolist() if not m.is_dir()]
                _check_members(members, archive.stat().st_size)
                found = _extract(opened, members, Path(folder))
        except DAMAGED as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise CTScribeError(
                    "there is no room to unpack the zip archive",
                    hint="set TMPDIR to a folder on a larger disk",
                    code="no-room",
                ) from error
            raise BadScan(
                "the zip archive is damaged or packed in a way that cannot be read",
                hint="copy or pack it again",
                code="zip-damaged",
            ) from error
        yield _choose(found, Path(folder))


def _check_members(members: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    if not members:
        raise BadScan("the zip archive is empty", code="zip-empty")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise BadScan("the zip archive holds a path that points out of it", code="zip-path")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadScan("the zip archive holds a link", hint="pack the files themselves", code="zip-link")
        if member.flag_bits & 0x1:
            raise BadScan(
                "the zip archive is encrypted", hint="unpack it first and give the folder", code="zip-encrypted"
            )
    size = sum(m.file_size for m in members)
    too_steep = size > RATIO_FROM_BYTES and size > MAX_RATIO * packed_bytes
    if len(members) > MAX_MEMBERS or size > MAX_BYTES or too_steep:
        raise BadScan(
            f"the zip archive would grow to {size / 2**20:.0f} MiB in {len(members)} files, which no CT scan does",
            hint="if it is a scan, unpack it and give the folder",
            code="zip-bomb",
        )


def _extract(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> dict[FileKind, list[Path]]:
    """The members that may be a scan, under names of our own, by kind. No more is read than each member announced."""
    found: dict[FileKind, list[Path]] = {}
    for i, member in enumerate(members):
        with opened.open(member) as source:
            start = source.read(ENOUGH_BYTES)
            kind = identify_bytes(start)
            if kind is None:
                continue
            target = folder / f"{i:06d}{_suffix(kind, start)}"
            found.setdefault(kind, []).append(target)
            if kind != "zip":
                with target.open("wb") as file:
                    file.write(start)
                    shutil.copyfileobj(source, file, 2**20)
    return found


def _suffix(kind: FileKind, start: bytes) -> str:
    return ".nii.gz" if start[:2] == b"\x1f\x8b" else ONE_FILE.get(kind, "")


def _choose(found: dict[FileKind, list[Path]], folder: Path) -> tuple[Path, FileKind]:
    if "dicom" in found:
        for kind in ONE_FILE:
            for path in found.get(kind, []):
                path.unlink()
        return folder, "dicom"
    volumes: list[tuple[Path, FileKind]] = [(path, kind) for kind in ONE_FILE for path in found.get(kind, [])]
    if len(volumes) == 1:
        return volumes[0]
    if volumes:
        raise BadScan(
            f"the zip archive holds {len(volumes)} volumes", hint="give one of them by itself", code="zip-several"
        )
    if "zip" in found:
        raise BadScan("the zip archive holds another archive and no scan", hint="unpack it once", code="zip-nested")
    raise BadScan(
        "the zip archive holds no scan", hint="pack DICOM files or one NIfTI, NRRD or MHA file", code="zip-no-scan"
    )
