"""Values of a view's options that pass the type check and still make no sense."""

from __future__ import annotations

from collections.abc import Iterable

from ctscribe.errors import BadInput
from ctscribe.model.features import Grid

AXES = ("z", "y", "x")


def check_positive(key: str, values: Iterable[float]) -> None:
    """Sizes and spacings must be above 0."""
    if any(value <= 0 for value in values):
        raise BadInput(f"{key} must be positive, got {list(values)}", code="wrong-value")


def check_rising(key: str, ends: tuple[float, float]) -> None:
    """A range's low end must lie below its high end."""
    if not ends[0] < ends[1]:
        raise BadInput(f"{key}: the low end must lie below the high end, got {list(ends)}", code="wrong-value")


def divided(voxels: Grid, parts: Grid, what: str) -> Grid:
    """Voxels divided by parts along every axis, without remainder."""
    for axis, have, part in zip(AXES, voxels, parts, strict=True):
        if have % part:
            raise BadInput(f"{what} of {part} does not divide {have} voxels along {axis}", code="wrong-size")
    z, y, x = (have // part for have, part in zip(voxels, parts, strict=True))
    return z, y, x
