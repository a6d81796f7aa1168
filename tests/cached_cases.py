"""A tiny data set on disk: drawn chests, each with its own anatomy, masks, lesions and report. For tests only."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.writing import write_labelmap
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume
from ctscribe.data.cache import cache_views
from ctscribe.data.index import Index, read_index, write_index
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadScan
from ctscribe.model.config import Page

SHAPE = (16, 40, 60)
SPACING = (18.0, 5.0, 5.0)


def write_scan(volume: CTVolume, path: Path) -> None:
    """As an int16 NIfTI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(volume.hu.transpose(2, 1, 0), affine), path)


def write_case(root: Path, number: int) -> CaseRecord:
    """One drawn chest with a nodule."""
    volume, organs = chest_phantom(SHAPE, SPACING, seed=number)
    nodule = np.zeros(SHAPE, dtype=bool)
    nodule[9, 18 + number % 3, 13] = True
    labelmap = LabelMap(
        organs.labels, organs.names, organs.affine, source="drawn truth", lesions={"lung_nodule": nodule}
    )
    write_scan(volume, root / f"ct/{number}.nii.gz")
    (root / "masks").mkdir(exist_ok=True)
    write_labelmap(labelmap, root / f"masks/{number}.nii.gz")
    return CaseRecord(
        id=f"case_{number}",
        patient=f"patient_{number}",
        split="train" if number % 4 else "test",
        volume=f"ct/{number}.nii.gz",
        masks=f"masks/{number}.nii.gz",
        findings=f"There are {number} things to be said of this chest.",
    )


def drawn_index(root: Path, count: int) -> Index:
    """The index of so many drawn chests, written below ``root``."""
    records = [write_case(root, number) for number in range(count)]
    write_index(records, root / "index.parquet", source="drawn", root=root)
    return read_index(root / "index.parquet")


def cache_content(folder: Path) -> dict[str, bytes]:
    """Every file of a cache by its name, whatever kind it is."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


class StreamedCases:
    """Drawn chests that lie on no disk: a data set with nothing but ``records`` and ``case``.

    Parameters
    ----------
    broken : numbers of cases that cannot be made.
    """

    def __init__(self, count: int, broken: frozenset[int] = frozenset()) -> None:
        self.broken = broken
        self.records = [CaseRecord(f"made_{at}", f"patient_{at}", "train", f"made:{at}") for at in range(count)]

    def case(self, at: int, /) -> Case:
        """One of them."""
        if at in self.broken:
            raise BadScan("there is no such chest", hint="draw another", code="broken")
        volume, organs = chest_phantom(SHAPE, SPACING, seed=at)
        return Case(volume, organs)


def run_until_killed(folder: Path, page: dict[str, Any], call: str, moment: int, count: int, shard_bytes: int) -> None:
    """Cache, and die by SIGKILL right before a file is synced, or right after it got its name, the so many-th time."""
    owner = {"fsync": os, "replace": Path}[call]
    setattr(owner, call, _deadly(getattr(owner, call), moment, before=call == "fsync"))
    cache_views(StreamedCases(count), Page.check(page), folder, shard_bytes=shard_bytes)


def _deadly(original: Callable[..., object], moment: int, *, before: bool) -> Callable[..., object]:
    left = moment

    def called(*given: object) -> object:
        nonlocal left
        left -= 1
        if left == 0 and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*given)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return called
