"""From a data set's folder to its index: read, check, write."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePath
from typing import Literal

from ctscribe.data.checks import check_records
from ctscribe.data.hu_check import check_hounsfield_units
from ctscribe.data.index import Index, read_index, write_index
from ctscribe.data.record import CaseRecord
from ctscribe.data.sources import SOURCES
from ctscribe.errors import BadInput


@dataclass(frozen=True)
class Preparation:
    """What happens between a source and its index, whatever the source.

    Parameters
    ----------
    masks : folder with a label map (``<scan>.nii.gz``) or a folder of masks (``<scan>/``) for each scan's file name.
    check_hu : scans to look into; see ``hu_check``.
    allow_missing, duplicates, leaks : see ``check_records``.
    """

    masks: Path | None = None
    check_hu: int = 0
    allow_missing: bool = False
    duplicates: Literal["report", "drop"] = "report"
    leaks: Literal["refuse", "drop"] = "refuse"


def prepare_index(
    source: str,
    root: Path,
    output: Path,
    options: Mapping[str, str] | None = None,
    preparation: Preparation = Preparation(),
    announce: Callable[[str], None] = lambda said: None,
) -> Index:
    """List a data set's cases, check them, and write their index.

    Parameters
    ----------
    source : a name of ``SOURCES``.
    root : the data set's folder.
    output : the index to write.
    options : the source's own options, as text.
    announce : is told each stage.

    Raises
    ------
    BadInput : no such source or option; a table that cannot be read; records that must not be used together.
    """
    given = SOURCES.options(source, options or {}, source)
    reader = SOURCES[source](**given)
    if not root.is_dir():
        raise BadInput(f"there is no folder {root}", hint="give the data set's own folder", code="root-not-found")
    announce(f"reading {source}")
    found = reader.read(root)
    records = found.records if preparation.masks is None else with_masks(found.records, preparation.masks, root)
    announce("checking the cases")
    checked = check_records(
        records,
        root,
        allow_missing=preparation.allow_missing,
        duplicates=preparation.duplicates,
        leaks=preparation.leaks,
    )
    notes = [*found.notes, *checked.notes]
    if preparation.check_hu:
        notes += check_hounsfield_units(checked.records, root, preparation.check_hu, announce)
    announce("writing the index")
    write_index(
        checked.records, output, source=source, root=root, options=_told(options or {}, preparation), notes=notes
    )
    return read_index(output)


def with_masks(records: Sequence[CaseRecord], folder: Path, root: Path) -> list[CaseRecord]:
    """The records with the masks that a folder holds for them; those without stay as they are.

    Raises
    ------
    BadInput : it holds none for any of them (``masks-not-found``).
    """
    there = {_stem(path): path for path in sorted(folder.iterdir(), reverse=True)} if folder.is_dir() else {}
    inside = folder.resolve().is_relative_to(root.resolve())
    paths = {
        name: Path(os.path.relpath(path, root)).as_posix() if inside else str(path.resolve())
        for name, path in there.items()
    }
    found = [replace(one, masks=paths.get(_stem(PurePath(one.volume)), one.masks)) for one in records]
    if not any(_stem(PurePath(one.volume)) in there for one in records):
        hint = "name each label map, or folder of masks, as the scan's file"
        raise BadInput(f"{folder} holds no masks of these scans", hint=hint, code="masks-not-found")
    return found


def _told(options: Mapping[str, str], preparation: Preparation) -> dict[str, str]:
    """The source's options, and those of the preparation that are not as by default, named as on the command line."""
    default = Preparation()
    changed = {field.name: getattr(preparation, field.name) for field in fields(preparation)}
    return dict(options) | {
        f"--{name.replace('_', '-')}": str(value) for name, value in changed.items() if value != getattr(default, name)
    }


def _stem(path: PurePath) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii")
