"""Many scans, one after another: a bad one is noted and passed over, a finished one is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctscribe.errors import CTScribeError
from ctscribe.inference.run_record import is_finished

Status = Literal["done", "unchanged", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one scan of a batch; ``error`` and ``hint`` say why it failed."""

    name: str
    status: Status
    error: str | None = None
    hint: str | None = None
    code: str | None = None


def run_batch(
    scans: dict[str, Path], folder: Path, settings: dict[str, object], work: Callable[[Path, Path], object]
) -> Iterator[Outcome]:
    """Run ``work(scan, output folder)`` on each scan, yielding what became of it.

    Parameters
    ----------
    scans : name → scan.
    folder : where each scan gets a folder of its name.
    settings : what the outputs depend on besides the scan; a finished scan whose settings or content differ from the
        recorded ones is done again.
    work : does one scan and writes its run record.
    """
    for name, scan in scans.items():
        output = folder / name
        if is_finished(output, scan, settings):
            yield Outcome(name, "unchanged")
            continue
        try:
            work(scan, output)
        except CTScribeError as error:
            yield Outcome(name, "failed", error.message, error.hint, error.code)
        else:
            yield Outcome(name, "done")
