"""An order for phantoms from what a person types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf
from pathlib import Path
from typing import TypeVar, get_args

from ctscribe.data.phantom.case import Recipe, Size
from ctscribe.data.phantom.generation import Order
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.wording import STYLES
from ctscribe.data.record import Split
from ctscribe.errors import BadInput
from ctscribe.registry import nearest_hint

Name = TypeVar("Name", bound=str)
SMALLEST, LARGEST = (32, 80, 80), (512, 1024, 1024)  # below, voxels are larger than any chest CT has
SPLITS: tuple[Split, ...] = get_args(Split)


def read_order(
    *, count: int, split: str, seed: int, level: str, size: str, style: str, anatomies: Sequence[str]
) -> Order:
    """An order, checked.

    Raises
    ------
    BadInput : one of the values is none of those possible.
    """
    recipe = Recipe(seed, _one_of("level", level, list(LEVELS)), _size(size), _one_of("style", style, STYLES))
    return Order(shared_out(count, split), recipe, tuple(_anatomy(text) for text in anatomies))


def shared_out(count: int, split: str) -> dict[Split, int]:
    """How many cases each split has: all in the one named, or in proportion to three shares."""
    if split in SPLITS:
        return {split: count}
    try:
        shares = [float(part) for part in split.split(",")]
    except ValueError:
        shares = []
    if len(shares) != len(SPLITS) or not (min(shares) >= 0 and 0 < sum(shares) < inf):
        hint = f"name one of {', '.join(SPLITS)}, or give their three shares, such as 8,1,1"
        raise BadInput(f"--split {split} is no split", hint=hint, code="bad-split")
    ends = [round(count * sum(shares[: k + 1]) / sum(shares)) for k in range(len(shares))]
    return {name: end - start for name, start, end in zip(SPLITS, [0, *ends], ends, strict=False)}


def _one_of(what: str, name: str, known: Collection[Name]) -> Name:
    for one in known:
        if one == name:
            return one
    raise BadInput(f"there is no {what} {name!r}", hint=nearest_hint(name, known), code=f"unknown-{what}")


def _size(text: str) -> Size:
    try:
        depth, height, width = (int(part) for part in text.split(","))
    except ValueError:
        raise BadInput(
            f"--size {text} is no size", hint="write it as D,H,W, such as 64,128,128", code="bad-size"
        ) from None
    size = depth, height, width
    if any(not low <= n <= high for low, n, high in zip(SMALLEST, size, LARGEST, strict=True)):
        low, high = (",".join(map(str, bound)) for bound in (SMALLEST, LARGEST))
        raise BadInput(f"--size {text} is out of range", hint=f"sizes go from {low} to {high}", code="bad-size")
    return size


def _anatomy(text: str) -> tuple[Path, Path]:
    ct, _, masks = text.partition(":")
    if not ct or not masks:
        hint = "write it as CT:MASKS, such as scan.nii.gz:labels.nii.gz"
        raise BadInput(f"--anatomy {text} names no scan with its masks", hint=hint, code="bad-anatomy")
    for name in (ct, masks):
        if not Path(name).exists():
            raise BadInput(f"--anatomy: there is no {name}", hint="check the path", code="anatomy-not-found")
    return Path(ct), Path(masks)
