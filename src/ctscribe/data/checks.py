"""Whether records may be learned from and tested on: files there, names unique, no patient in two splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctscribe.data.duplicates import duplicate_notes, without_copies
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS

SHOWN = 10
"""Missing files and records that a message lists."""

FILES_IN_EXTRA = ("readings", "segmentation")


@dataclass(frozen=True)
class Checked:
    """The records that passed, and sentences on those that did not."""

    records: list[CaseRecord]
    notes: tuple[str, ...]


def check_records(
    records: Sequence[CaseRecord],
    root: Path,
    *,
    allow_missing: bool = False,
    duplicates: Literal["report", "drop"] = "report",
    leaks: Literal["refuse", "drop"] = "refuse",
) -> Checked:
    """Hold records against what an index needs.

    Parameters
    ----------
    root : folder that their paths are relative to.
    allow_missing : leave out cases whose files are missing instead of refusing.
    duplicates : say how many reports repeat another's text, or keep one case of each text, as HILT does.
    leaks : refuse when a patient is in more than one split, or leave out the patient's cases that are not held out.

    Raises
    ------
    BadInput : two records of one id (``duplicate-id``), labels that are not the 18 (``bad-labels``), missing files
        (``missing-files``), a patient in two splits (``patient-leak``), or nothing left (``no-cases``).
    """
    _check_ids(records)
    _check_labels(records)
    kept, notes = _with_files(records, root, allow_missing=allow_missing)
    kept, said = _without_leaks(kept, leaks)
    notes += said
    if duplicates == "drop":
        alone = without_copies(kept)
        if len(alone) < len(kept):
            notes.append(f"Cases left out because they repeat another's report: {len(kept) - len(alone)}.")
        kept = alone
    notes += duplicate_notes(kept) + _empty_notes(kept)
    if not kept:
        raise BadInput(f"no case is left of {root}", hint="is this the data set's own folder?", code="no-cases")
    return Checked(kept, tuple(notes))


def files_of(record: CaseRecord) -> list[str]:
    """Every file or folder that a record names."""
    further = (record.extra.get(name) for name in FILES_IN_EXTRA)
    return [name for name in (record.volume, record.masks, *further) if name]


def _check_ids(records: Sequence[CaseRecord]) -> None:
    twice = [name for name, count in Counter(record.id for record in records).items() if count > 1]
    if twice:
        raise BadInput(
            f"ids that belong to more than one case: {len(twice)}, {_first(twice)}",
            hint="every case needs an id of its own",
            code="duplicate-id",
        )


def _check_labels(records: Sequence[CaseRecord]) -> None:
    wrong = [
        record.id
        for record in records
        if record.labels is not None
        and not (len(record.labels) == len(CT_RATE_LABELS) and set(record.labels) <= {0, 1})
    ]
    if wrong:
        raise BadInput(
            f"cases whose labels are not {len(CT_RATE_LABELS)} of 0 and 1: {len(wrong)}, {_first(wrong)}",
            code="bad-labels",
        )


def _with_files(
    records: Sequence[CaseRecord], root: Path, *, allow_missing: bool
) -> tuple[list[CaseRecord], list[str]]:
    missing = {record.id: gone for record in records if (gone := _missing(record, root))}
    if not missing:
        return list(records), []
    files = [name for gone in missing.values() for name in gone]
    said = f"files missing below {root}: {len(files)}, {_first(files)}"
    if not allow_missing:
        hint = "finish the download, or leave these cases out with --allow-missing"
        raise BadInput(said, hint=hint, code="missing-files")
    kept = [record for record in records if record.id not in missing]
    return kept, [f"Cases left out because their files are missing: {len(missing)}."]


def _missing(record: CaseRecord, root: Path) -> list[str]:
    return [name for name in files_of(record) if not (root / name).exists()]


def _without_leaks(records: list[CaseRecord], leaks: Literal["refuse", "drop"]) -> tuple[list[CaseRecord], list[str]]:
    splits: dict[str, set[str]] = defaultdict(set)
    for record in records:
        splits[record.patient].add(record.split)
    leaking = {patient for patient, found in splits.items() if len(found) > 1}
    if not leaking:
        return records, []
    if leaks == "refuse":
        shown = [record.id for record in records if record.patient in leaking]
        raise BadInput(
            f"patients in more than one split: {len(leaking)}, with the cases {_first(shown)}",
            hint="divide by patient, or leave their training cases out with --leaks drop",
            code="patient-leak",
        )
    kept = [record for record in records if record.split == _held_out(splits[record.patient])]
    said = f"Cases left out because their patient is in another split too: {len(records) - len(kept)}."
    return kept, [said]


def _held_out(splits: set[str]) -> str:
    return next(split for split in ("test", "validation", "train") if split in splits)


def _empty_notes(records: Sequence[CaseRecord]) -> list[str]:
    empty = sum(not record.reference for record in records)
    return [f"Cases without report text: {empty}."] if empty else []


def _first(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
