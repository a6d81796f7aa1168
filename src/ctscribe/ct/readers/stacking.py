"""From planes in any order to one stack on a regular grid: sorted along the normal, gaps and doubles found.

Positions decide; file names, instance numbers and slice locations are not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from ctscribe.ct.readers.frames import Frame
from ctscribe.ct.readers.pixels import stored_planes
from ctscribe.errors import BadScan
from ctscribe.types import Affine

OFF_GRID, OFF_GRID_MM = 0.05, 0.1
"""How far a slice may lie from its place on the regular grid: this fraction of the step, or what positions rounded to
0.1 mm come to, whichever is more."""

MAX_TILT_DEGREES, SMALL_TILT_DEGREES = 30.0, 0.1
"""Gantries tilt up to 30°. Below the smaller angle the slices count as stacked along their normal."""

SAME_PLACE_MM = 0.01


@dataclass(frozen=True, eq=False)
class Stack:
    """Planes on a regular grid.

    ``frames`` ascend along the normal; ``slots[i]`` is the grid index of ``frames[i]``, gaps are indices that none has.
    ``affine`` maps (slot, row, column, 1) to LPS mm and is sheared when the gantry was tilted.
    """

    frames: tuple[Frame, ...]
    slots: tuple[int, ...]
    affine: Affine
    repairs: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Slices of the grid, gaps included."""
        return self.slots[-1] + 1


def stack_frames(frames: Sequence[Frame], *, allow_gaps: bool = False, left_out: str = "") -> Stack:
    """Sort frames of one orientation, spacing and size along their normal and hold them against a regular grid.

    Parameters
    ----------
    frames : two or more, each placed (``Frame.is_placed``).
    allow_gaps : keep gaps that are a whole number of steps wide, to be filled in by the caller.
    left_out : what to add to the message when slices are missing.

    Raises
    ------
    BadScan : ``duplicate-slices``, ``missing-slices``, ``uneven-slices``, ``shifted-slices``, ``gantry-tilt``.
    """
    axes = frames[0].axes
    assert axes is not None
    normal = axes[2]
    ordered = sorted(frames, key=lambda f: (_depth(f, normal), f.instance.sop_instance_uid, f.number or 0))
    kept, repairs = _without_duplicates(ordered, normal)
    positions = np.array([f.position for f in kept])
    slots = _slots(positions @ normal, left_out, allow_gaps)
    affine, tilt = _affine(positions, slots, kept[0])
    if tilt > SMALL_TILT_DEGREES:
        repairs.append(f"The gantry was tilted by {tilt:.1f}°; the shear this leaves in the stack was corrected.")
    missing = int(slots[-1]) + 1 - len(slots)
    if missing:
        repairs.append(f"{_count(missing)} missing, filled in by linear interpolation between the neighbours.")
    return Stack(tuple(kept), tuple(int(s) for s in slots), affine, tuple(repairs))


def depths(frames: Sequence[Frame]) -> np.ndarray:
    """Distances of placed frames along the first one's normal, mm."""
    axes = frames[0].axes
    assert axes is not None
    return np.array([_depth(f, axes[2]) for f in frames])


def _depth(frame: Frame, normal: np.ndarray) -> float:
    return float(np.array(frame.position) @ normal)


def _without_duplicates(ordered: list[Frame], normal: np.ndarray) -> tuple[list[Frame], list[str]]:
    """One frame a position; the rest must be the same pixels."""
    kept = ordered[:1]
    for frame in ordered[1:]:
        if _depth(frame, normal) - _depth(kept[-1], normal) > SAME_PLACE_MM:
            kept.append(frame)
        elif not _same(frame, kept[-1]):
            raise BadScan(
                f"two different images lie at one position ({kept[-1].place}, {frame.place})",
                hint="the series mixes two reconstructions or phases; export only one of them",
                code="duplicate-slices",
            )
    dropped = len(ordered) - len(kept)
    return kept, [f"{_count(dropped)} stored twice and read once."] if dropped else []


def _same(a: Frame, b: Frame) -> bool:
    if (a.slope, a.intercept) != (b.slope, b.intercept):
        return False
    first, second = stored_planes([a, b])
    return np.array_equal(first, second)


def _slots(depth: np.ndarray, left_out: str, allow_gaps: bool) -> np.ndarray:
    """The grid index of each slice, from steps that must be whole multiples of the commonest one."""
    steps = np.diff(depth)
    step = float(np.median(steps))
    multiples = np.maximum(np.rint(steps / step), 1)
    slots = np.concatenate([[0], np.cumsum(multiples)])
    missing = int(slots[-1]) + 1 - len(slots)
    off_grid = np.abs(depth - depth[0] - slots * (depth[-1] - depth[0]) / slots[-1]).max()
    if off_grid > max(OFF_GRID * step, OFF_GRID_MM) + 1e-6:
        raise BadScan(
            f"the slices are unevenly spaced, {steps.min():.2f} to {steps.max():.2f} mm apart, most of them {step:.2f}",
            hint="export the series again, complete and from one reconstruction",
            code="uneven-slices",
        )
    if missing and (not allow_gaps or missing > len(slots) // 2):
        _refuse_gaps(depth, multiples > 1, missing, left_out)
    return slots.astype(np.int64)


def _refuse_gaps(depth: np.ndarray, wide: np.ndarray, missing: int, left_out: str) -> NoReturn:
    first = int(np.argmax(wide))
    more = int(wide.sum()) - 1
    raise BadScan(
        f"{_count(missing)} missing between the positions {depth[first]:.1f} and {depth[first + 1]:.1f} mm"
        + (f" and in {more} other gap{'s' * (more > 1)}" if more else "")
        + left_out,
        hint="copy or export the series again; a few missing slices can be interpolated with --allow-gaps",
        code="missing-slices",
    )


def _affine(positions: np.ndarray, slots: np.ndarray, frame: Frame) -> tuple[Affine, float]:
    """(slot, row, column, 1) → LPS mm, and the angle in degrees between the stack's direction and its normal."""
    assert frame.axes is not None and frame.spacing is not None
    along_column, along_row, normal = frame.axes
    step = (positions[-1] - positions[0]) / slots[-1]
    if np.linalg.norm(positions - positions[0] - slots[:, None] * step, axis=1).max() > max(frame.spacing):
        raise BadScan(
            "the slices are shifted against each other within their plane",
            hint="the series mixes two acquisitions; export only one of them",
            code="shifted-slices",
        )
    tilt = math.degrees(math.acos(min(1.0, float(step @ normal / np.linalg.norm(step)))))
    if tilt > MAX_TILT_DEGREES:
        raise BadScan(
            f"the slices are stacked {tilt:.0f}° off their normal, more than a gantry tilts",
            hint="export the original axial series",
            code="gantry-tilt",
        )
    if tilt <= SMALL_TILT_DEGREES:
        step = (step @ normal) * normal
    affine = np.eye(4)
    affine[:3] = np.column_stack([step, along_column * frame.spacing[0], along_row * frame.spacing[1], positions[0]])
    return affine, tilt


def _count(slices: int) -> str:
    return "1 slice is" if slices == 1 else f"{slices} slices are"
