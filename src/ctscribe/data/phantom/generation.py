"""A phantom data set on disk: many processes, the same bytes however many, and none lost when it is stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from ctscribe import __version__
from ctscribe.data.index import write_index
from ctscribe.data.phantom.anatomy import Anatomy, packaged_anatomy, read_anatomy
from ctscribe.data.phantom.case import VERSION, Recipe, make_case
from ctscribe.data.phantom.writing import CASE_NAME, record_of, write_case
from ctscribe.data.processes import end_with_parent
from ctscribe.data.record import Split
from ctscribe.errors import BadInput
from ctscribe.files import write_atomically

MANIFEST = "phantom.json"
UNFINISHED = ".unfinished"
SHARE = 8  # cases that a process makes at a time


@dataclass(frozen=True)
class Order:
    """What to make: how many cases of each split, by which recipe, from which anatomies (CT and masks)."""

    counts: Mapping[Split, int]
    recipe: Recipe
    anatomies: tuple[tuple[Path, Path], ...] = ()

    @property
    def cases(self) -> list[tuple[Split, int]]:
        """Split and number of every case."""
        return [(split, index) for split, count in self.counts.items() for index in range(count)]


def make_phantoms(
    order: Order, folder: Path, *, processes: int = 1, announce: Callable[[str], None] = lambda stage: None
) -> Path:
    """Make every case that is not there yet, then the index; returns the index.

    Raises
    ------
    BadInput : the folder holds phantoms of another recipe, or an anatomy cannot be read.
    """
    announce("reading the anatomy")
    _claim(folder, _manifest(order))
    missing = [case for case in order.cases if not (folder_of(folder, *case) / CASE_NAME).is_file()]
    done = len(order.cases) - len(missing)
    for made in _made(missing, order, folder, processes):
        done += made
        announce(f"phantom {done} of {len(order.cases)}")
    announce("writing the index")
    for leftover in folder.glob(f"*/*{UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return _write_index(order, folder)


def folder_of(folder: Path, split: Split, index: int) -> Path:
    """Where a case lies in the data set's folder."""
    return folder / split / f"{index:05d}"


@cache
def read_anatomies(named: tuple[tuple[Path, Path], ...]) -> tuple[Anatomy, ...]:
    """The packaged anatomy, and those named; read once a process."""
    return (packaged_anatomy(), *(read_anatomy(ct, masks) for ct, masks in named))


def _made(cases: Sequence[tuple[Split, int]], order: Order, folder: Path, processes: int) -> Iterator[int]:
    """Make cases, shared out among processes; yields how many more are done."""
    shares = [cases[start : start + SHARE] for start in range(0, len(cases), SHARE)]
    make = partial(_make, order, folder)
    if processes == 1 or len(shares) == 1:
        yield from map(make, shares)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(shares)), context, initializer=end_with_parent) as pool:
        try:
            yield from pool.map(make, shares)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make(order: Order, folder: Path, cases: Sequence[tuple[Split, int]]) -> int:
    """Make cases under names that say they are unfinished, then give each its own."""
    anatomies = read_anatomies(order.anatomies)
    for case in cases:
        target = folder_of(folder, *case)
        unfinished = target.with_name(f"{target.name}{UNFINISHED}-{os.getpid()}")
        write_case(make_case(order.recipe, *case, anatomies), unfinished)
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
    return len(cases)


def _manifest(order: Order) -> dict[str, Any]:
    """What every byte of the cases depends on."""
    anatomies = {anatomy.name: anatomy.sha256 for anatomy in read_anatomies(order.anatomies)}
    return {"version": VERSION, "ctscribe": __version__, **asdict(order.recipe), "anatomies": anatomies}


def _claim(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, or see that the one there is the same."""
    path, manifest = folder / MANIFEST, json.loads(json.dumps(manifest))
    if not path.exists():
        write_atomically({path: (json.dumps(manifest, indent=1) + "\n").encode()})
        return
    there = json.loads(path.read_text(encoding="utf-8"))
    if there != manifest:
        key = next(key for key in (*manifest, *there) if there.get(key) != manifest.get(key))
        raise BadInput(
            f"{folder} holds phantoms made with {key} {there.get(key)}, not {manifest.get(key)}",
            hint="give another folder with -o, or the same options",
            code="other-phantoms",
        )


def _write_index(order: Order, folder: Path) -> Path:
    """One entry for every case of the order, in its order."""
    records = []
    for case in order.cases:
        place = folder_of(folder, *case)
        content = json.loads((place / CASE_NAME).read_text(encoding="utf-8"))
        records.append(record_of(content, place.relative_to(folder).as_posix()))
    path = folder / "index.parquet"
    options = {key: str(value) for key, value in asdict(order.recipe).items()}
    write_index(records, path, source="phantom", root=folder, options=options, notes=())
    return path
