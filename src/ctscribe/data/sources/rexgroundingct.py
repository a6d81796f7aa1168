"""ReXGroundingCT: findings of CT-RATE's reports with a segmentation each (Baharoon et al., arXiv 2507.22030)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ctscribe.data.record import CaseRecord, Split
from ctscribe.data.sources.ct_rate import identified
from ctscribe.data.sources.source import SOURCES, Found
from ctscribe.data.tables import read_json
from ctscribe.errors import BadInput

SPLITS: Mapping[str, Split] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test",
}  # fmt: skip


@SOURCES.register("rexgroundingct")
class ReXGroundingCT:
    """ReXGroundingCT as it is downloaded: ``dataset.json`` and ``segmentations/``.

    A record's ``extra`` has ``segmentation``, the file in which each finding has its own mask, and ``lesions``, a JSON
    list of its findings: ``finding`` (the mask's number), ``text``, ``category`` and ``pixels``.

    Parameters
    ----------
    volumes : folder of the scans, all in it, or in CT-RATE's layout.
    """

    def __init__(self, *, volumes: str = "images") -> None:
        self.volumes = volumes

    def read(self, root: Path) -> Found:
        """List the scans that have findings."""
        file = root / "dataset.json"
        return Found([self._record(root, split, entry, where) for split, entry, where in _entries(file)])

    def _record(self, root: Path, split: Split, entry: Mapping[str, Any], where: str) -> CaseRecord:
        try:
            name, findings = str(entry["name"]), {str(at): str(text) for at, text in dict(entry["findings"]).items()}
        except (KeyError, TypeError, ValueError):
            raise BadInput(f"{where} lacks its name or findings", code="missing-column") from None
        name = name.removesuffix(".nii.gz") + ".nii.gz"
        parts = {key: column.iloc[0] for key, column in identified(pd.Series([name]), Path(where)).items()}
        flat = f"{self.volumes}/{name}"
        lesions = [
            {"finding": at, "text": text, "category": _of(entry, "category", at), "pixels": _of(entry, "pixels", at)}
            for at, text in findings.items()
        ]
        return CaseRecord(
            id=parts["id"],
            patient=parts["patient"],
            split=split,
            volume=flat if (root / flat).is_file() else _in_ct_rate(root, self.volumes, parts["path"]) or flat,
            findings=" ".join(text.strip() for text in findings.values()) or None,
            extra={"segmentation": f"segmentations/{name}", "lesions": json.dumps(lesions, ensure_ascii=False)},
        )


def _entries(file: Path) -> Iterator[tuple[Split, Mapping[str, Any], str]]:
    """The entries of a file that lists them by split, or in one list with the split in each."""
    content = read_json(file)
    parts = content.items() if isinstance(content, dict) else [(None, content)]
    for part, entries in parts:
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            where = f"{file}, entry {at}" + (f" of {part!r}" if part else "")
            split = SPLITS.get(str(part or (entry.get("split") if isinstance(entry, dict) else "")).lower())
            if split is None:
                hint = "train, val or test is expected"
                raise BadInput(f"{where} belongs to no known split", hint=hint, code="unknown-split")
            yield split, entry, where


def _of(entry: Mapping[str, Any], key: str, at: str) -> Any:
    """A finding's value, where the file has one for each finding or one for all."""
    values = entry.get(key, entry.get("categories" if key == "category" else key))
    if isinstance(values, Mapping):
        return values.get(at)
    if isinstance(values, list):
        return values[int(at)] if at.isdigit() and int(at) < len(values) else None
    return values


def _in_ct_rate(root: Path, volumes: str, path: str) -> str | None:
    kind = path.split("_")[0]
    candidates = (f"{volumes}{below}/{kind}{fixed}/{path}" for below in ("", "/dataset") for fixed in ("_fixed", ""))
    return next((candidate for candidate in candidates if (root / candidate).is_file()), None)
