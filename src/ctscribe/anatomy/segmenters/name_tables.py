"""Label id → name: from the file beside the masks, or from inside their NIfTI header."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctscribe.errors import BadMasks

MAX_BYTES = 1 << 20

_ID_COLUMNS = ("id", "label", "index", "value")
_NAME_COLUMNS = ("name", "structure", "class", "label_name")
_LABEL = re.compile(r'<Label\s+Key="(\d+)"[^>]*>\s*(?:<!\[CDATA\[)?([^\]<]+?)(?:\]\]>)?\s*</Label>')
_SLICER = re.compile(r"^Segment(\d+)_(Name|LabelValue):=(.+?)\r?$", re.MULTILINE)
_HINT = 'write a JSON object {"5": "liver", …} or a CSV with the columns id,name'


@dataclass(frozen=True)
class NameTable:
    """What a names file says. Only ``names`` is needed; the rest is what ``anatomy.writing`` keeps of a label map.

    ``lesions`` names the labels of the second file, ``<stem>_lesions.nii.gz``; ``None`` when there is none.
    """

    names: Mapping[int, str]
    lesions: Mapping[int, str] | None = None
    source: str | None = None
    approximate: frozenset[str] = frozenset()
    confidence: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def stem_of(masks: Path) -> str:
    """A mask file's name without its suffixes."""
    return masks.name.removesuffix(".gz").rsplit(".", 1)[0]


def names_file_beside(masks: Path) -> Path | None:
    """``<stem>.json``, ``<stem>.csv``, ``labels.json`` or ``labels.csv`` in the folder of the masks."""
    candidates = (masks.with_name(f"{stem}{suffix}") for stem in (stem_of(masks), "labels") for suffix in _READERS)
    return next((path for path in candidates if path.is_file()), None)


def read_name_table(path: Path) -> NameTable:
    """Read a names file.

    JSON may hold ``{id: name}``, ``{name: id}`` (nnU-Net's ``labels``), either of them under ``labels`` or ``names``,
    or what ``anatomy.writing`` wrote. CSV has a column of ids and a column of names; without a header they are the
    first two. Background (id 0) is left out.

    Raises
    ------
    BadMasks : the file is missing, too large, broken, or no such table (``bad-names-file``).
    """
    if path.suffix.lower() not in _READERS:
        raise BadMasks(f"the names file {path.name} is neither JSON nor CSV", hint=_HINT, code="bad-names-file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadMasks(f"the names file {path.name} is larger than 1 MiB", hint=_HINT, code="bad-names-file")
        return _READERS[path.suffix.lower()](path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadMasks(f"the names file {path.name} cannot be read", hint=_HINT, code="bad-names-file") from error
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise BadMasks(
            f"the names file {path.name} is not a table of label ids and names", hint=_HINT, code="bad-names-file"
        ) from error


def nifti_names(extensions: bytes) -> dict[int, str]:
    """Names that TotalSegmentator left in the header extensions of a NIfTI file; empty when there are none."""
    return {int(label): name for label, name in _LABEL.findall(extensions.decode("utf-8", errors="replace"))}


def slicer_names(header: bytes) -> dict[int, str]:
    """Names that 3D Slicer left in the header of a ``.seg.nrrd``; empty when there are none."""
    segments: dict[str, dict[str, str]] = {}
    for number, key, value in _SLICER.findall(header.decode("utf-8", errors="replace")):
        segments.setdefault(number, {})[key] = value
    return {
        int(segment["LabelValue"]): segment["Name"]
        for segment in segments.values()
        if "Name" in segment and segment.get("LabelValue", "").isdigit()
    }


def _from_json(text: str) -> NameTable:
    content = json.loads(text)
    if "names" not in content:
        return NameTable(_names(content.get("labels", content).items()))
    lesions = content.get("lesions")
    source = content.get("source")
    return NameTable(
        names=_names(content["names"].items()),
        lesions=None if lesions is None else _names(lesions.items()),
        source=None if source is None else str(source),
        approximate=frozenset(_texts(content.get("approximate", []))),
        confidence={str(name): float(value) for name, value in content.get("confidence", {}).items()},
        notes=_texts(content.get("notes", [])),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of texts")
    return tuple(values)


def _from_csv(text: str) -> NameTable:
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row]
    header = [cell.lower() for cell in rows[0]] if rows else []
    id_column = next((header.index(name) for name in _ID_COLUMNS if name in header), 0)
    name_column = next((header.index(name) for name in _NAME_COLUMNS if name in header), 1)
    if id_column == name_column or not all(len(row) > max(id_column, name_column) for row in rows):
        raise ValueError("no column of ids and column of names")
    first = 0 if rows and rows[0][id_column].isdigit() else 1
    return NameTable(_names((row[id_column], row[name_column]) for row in rows[first:]))


_READERS = {".json": _from_json, ".csv": _from_csv}


def _names(pairs: Iterable[tuple[Any, Any]]) -> dict[int, str]:
    """``{id: name}`` from pairs in either order, without background."""
    by_id: dict[int, str] = {}
    for key, value in pairs:
        label, name = (key, value) if str(key).isdigit() else (value, key)
        if not isinstance(name, str) or not name or int(label) in by_id:
            raise ValueError("a name is not text, or an id is given twice")
        by_id[int(label)] = name
    return {label: name for label, name in by_id.items() if label > 0}
