"""Which scans a path means: one scan, or a folder of them.

One study is one scan, however many series and folders it lies in. A folder that holds volume files, or more than one
study, is a batch. Hidden files and structured reports, such as earlier runs of ours leave, make no scan.
"""

from __future__ import annotations

import os
from collections import defaultdict
from itertools import islice
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from ctscribe.errors import BadInput

VOLUME_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".zip")
_FILES_TRIED_FOR_A_STUDY = 20


def find_scans(path: Path, output: Path | None = None) -> dict[str, Path] | None:
    """The scans of a batch folder as name → path, sorted, or ``None`` when the path is itself one scan.

    Nothing is looked for in ``output``, which may lie inside the folder.

    A scan's name is its path below the folder, without the suffix of a volume file and with ``_`` for ``/``; its
    report goes to a folder of that name.

    Raises
    ------
    BadInput : two scans have the same name, or a study's folders lie around another's.
    """
    if not path.is_dir() or _study_in(path) is not None:
        return None
    volumes, studies = _walk(path, output)
    if not volumes and len(studies) < 2:
        return None
    scans = sorted(volumes + _roots(path, studies))
    names = [_name(scan.relative_to(path)) for scan in scans]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise BadInput(
            f"{path}: {len(doubled)} scan name(s) occur twice, such as {doubled[0]!r}",
            hint="rename one of them: each scan's report goes to a folder of the scan's name",
            code="scan-name-twice",
        )
    return dict(zip(names, scans, strict=True))


def part(scans: dict[str, Path], *, count: int, index: int) -> dict[str, Path]:
    """The ``index``-th of ``count`` interleaved parts of a batch, counted from 0."""
    if not 0 <= index < count:
        raise BadInput(
            f"part {index} of {count} does not exist",
            hint="--part-id goes from 0 to --num-parts − 1",
            code="no-such-part",
        )
    return dict(islice(scans.items(), index, None, count))


def _roots(path: Path, studies: dict[str, list[Path]]) -> list[Path]:
    """The folder that holds all of a study, for each study."""
    roots = [Path(os.path.commonpath(folders)) for folders in studies.values()]
    for root in roots:
        if sum(other.is_relative_to(root) for other in roots) > 1:
            raise BadInput(
                f"{path}: the folders of different studies lie inside one another",
                hint="give each study a folder of its own",
                code="studies-mixed",
            )
    return roots


def _walk(path: Path, output: Path | None) -> tuple[list[Path], dict[str, list[Path]]]:
    """Volume files below a folder, and the folders of each study."""
    volumes: list[Path] = []
    studies: dict[str, list[Path]] = defaultdict(list)
    for folder, below, files in os.walk(path):
        below[:] = [name for name in below if output is None or not _same(Path(folder, name), output)]
        volumes += [Path(folder, file) for file in files if _is_volume(file)]
        study = _study_in(Path(folder))
        if study is not None:
            studies[study].append(Path(folder))
    return volumes, studies


def _is_volume(file: str) -> bool:
    return file.lower().endswith(VOLUME_SUFFIXES) and not file.startswith(".")


def _same(folder: Path, output: Path) -> bool:
    return output.exists() and folder.samefile(output)


def _name(relative: Path) -> str:
    name = "_".join(relative.parts)
    suffix = next((end for end in VOLUME_SUFFIXES if name.lower().endswith(end)), "")
    return name[: len(name) - len(suffix)] or name


def _study_in(folder: Path) -> str | None:
    """Study UID of the first DICOM image directly in a folder, looked for among its first few files."""
    try:
        files = [entry for entry in sorted(folder.iterdir()) if entry.is_file() and not entry.name.startswith(".")]
    except OSError as error:
        raise BadInput(f"{folder} cannot be opened", hint="check its permissions", code="unreadable-folder") from error
    for file in files[:_FILES_TRIED_FOR_A_STUDY]:
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["StudyInstanceUID", "Modality"])
        except (InvalidDicomError, OSError, EOFError):
            continue
        if header.get("StudyInstanceUID") and header.get("Modality") != "SR":
            return str(header.StudyInstanceUID)
    return None
