"""The record of a run: with what it was made, how long each stage took, and what it wrote.

It carries digests instead of paths, so that it can be shared, and so that a resumed batch can tell by content whether
a scan is finished.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ctscribe import __version__
from ctscribe.files import write_atomically

RECORD_NAME = "run.json"
_RECORDED_PACKAGES = ("numpy", "SimpleITK", "pydicom", "highdicom", "fhir.resources")


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
        record: dict[str, Any] = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        return (
            record["ctscribe"] == __version__
            and record["settings"] == settings
            and all(digest(folder / name) == expected for name, expected in record["outputs"].items())
            and record["scan_sha256"] == digest(scan)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
