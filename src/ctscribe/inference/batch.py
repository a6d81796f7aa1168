"""Many scans, one after another: a bad one is noted and passed over, a finished one is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
    scans: dict[str, Path],
    folder: Path,
    settings: dict[str, object],
    work: Callable[[Path, Path, Callable[[str], None]], object],
    announce: Callable[[str], None] = lambda stage: None,
) -> Iterator[Outcome]:
    """Run ``work(scan, output folder, announce)`` on each scan, yielding what became of it.

    Parameters
    ----------
    scans : name → scan.
    folder : where each scan gets a folder of its name.
    settings : what the outputs depend on besides the scan; a finished scan whose settings or content differ from the
        recorded ones is done again.
    work : does one scan and writes its run record.
    announce : told each stage that ``work`` announces, with the scan's name and how many there are.
    """
    for number, (name, scan) in enumerate(scans.items(), start=1):
        output = folder / name
        if is_finished(output, scan, settings):
            yield Outcome(name, "unchanged")
            continue
        try:
            work(scan, output, partial(_announce_of, announce, f"{name} ({number} of {len(scans)})"))
        except CTScribeError as error:
            yield Outcome(name, "failed", error.message, error.hint, error.code)
        # Whatever it is, the scans after this one must not fall with it.
        except Exception as error:  # noqa: BLE001
            what, hint = f"unforeseen {type(error).__name__}", "run this scan alone with --debug"
            yield Outcome(name, "failed", what, hint, "unforeseen")
        else:
            yield Outcome(name, "done")


def _announce_of(announce: Callable[[str], None], scan: str, stage: str) -> None:
    announce(f"{scan}: {stage}")
