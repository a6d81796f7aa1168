"""A language model's answers on disk: one JSON file each, named after everything that was asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctscribe.files import write_atomically


@dataclass(frozen=True)
class Answers:
    """A folder of answers; it holds report text, so it belongs where the reports are.

    Parameters
    ----------
    folder : made when the first answer is kept.
    """

    folder: Path

    def read(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """What was answered; ``None`` where nothing was, or the file is damaged."""
        try:
            kept = json.loads(self._path(asked).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept["answer"] if isinstance(kept, dict) and kept.get("asked") == asked else None

    def keep(self, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        """Keep an answer."""
        content = json.dumps({"asked": asked, "answer": answer}, ensure_ascii=False, sort_keys=True)
        write_atomically({self._path(asked): content.encode()})

    def _path(self, asked: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest}.json"
