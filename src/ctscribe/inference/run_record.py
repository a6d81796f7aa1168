"""The record of a run: with what it was made, how long each stage took, and what it wrote.

It carries digests instead of paths, so that it can be shared, and so that a resumed batch can tell by content whether
a scan is finished.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ctscribe import __version__
from ctscribe.files import write_atomically
from ctscribe.report.writers import FORMATS

RECORD_NAME = "run.json"
_RECORDED_PACKAGES = ("numpy", "SimpleITK", "pydicom", "highdicom", "fhir.resources")
_NOT_A_RECORD = (OSError, ValueError, KeyError, TypeError, AttributeError)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, or of all files below a folder, their names left out."""
    files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            whole.update(hashlib.file_digest(content, "sha256").digest())
    return whole.hexdigest()


def write_run_record(
    folder: Path, scan: Path, settings: dict[str, object], seconds: dict[str, float], outputs: Iterable[Path]
) -> Path:
    """Write ``run.json`` beside the outputs, last of all: its presence says that the rest is complete."""
    record = {
        "ctscribe": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _RECORDED_PACKAGES},
        "scan_sha256": digest(scan),
        "settings": settings,
        "seconds": seconds,
        "outputs": {path.name: digest(path) for path in outputs},
    }
    target = folder / RECORD_NAME
    write_atomically({target: (json.dumps(record, indent=2) + "\n").encode()})
    return target


def is_finished(folder: Path, scan: Path, settings: dict[str, object]) -> bool:
    """Whether a folder holds the complete outputs of this scan, by this version, with these settings."""
    try:
        record = _read(folder)
        return (
            record["ctscribe"] == __version__
            and record["settings"] == settings
            and all(digest(folder / name) == expected for name, expected in record["outputs"].items())
            and record["scan_sha256"] == digest(scan)
        )
    except _NOT_A_RECORD:
        return False


def remove_reports_of_another_scan(folder: Path, scan: Path, written: Collection[Path]) -> None:
    """Remove the forms of another scan's report that this run has not replaced: one folder holds one patient.

    Files that were changed since are left.
    """
    try:
        record = _read(folder)
        if record["scan_sha256"] == digest(scan):
            return
        earlier = {folder / name: record["outputs"].get(name) for name in (form.file_name for form in FORMATS.values())}
    except _NOT_A_RECORD:
        return
    for file, expected in earlier.items():
        if file not in written and file.is_file() and digest(file) == expected:
            file.unlink()


def _read(folder: Path) -> dict[str, Any]:
    return json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
