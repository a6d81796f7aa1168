"""The lungs of a canvas, out to the pleura, and how a disease of theirs is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.depth import depth_mm
from ctscribe.data.phantom.disease.shares import Vector
from ctscribe.data.phantom.truth import PhantomFinding, Side
from ctscribe.types import Mask, Spacing

LEFT = tuple(lobe for lobe in LOBES if lobe.endswith("_left"))
UPPER = ("lung_upper_lobe_left", "lung_upper_lobe_right")
LOWER = ("lung_lower_lobe_left", "lung_lower_lobe_right")

RIM_HU = -130.0
"""What is darker than this beside the lung's label is lung: a segmenter stops short of the pleura."""

AIR_HOLDING = ("trachea", "esophagus", "stomach", "duodenum", "small_bowel", "colon")
"""What else is as dark as lung."""

FISSURE = np.array((0.25, 0.5, 0.25), np.float32)
"""How a border of label voxels is spread over its neighbours along each axis."""

LEAST_VOXELS = 200
"""A lobe of fewer voxels is only just in the field of view: nothing is drawn in it."""


@dataclass(frozen=True, eq=False)
class Lungs:
    """Some lobes inside the window around them.

    Parameters
    ----------
    canvas, window : the body, and the part of its grid that everything here lies in.
    lobes : 1 + index into ``LOBES``, 0 outside the chosen lobes. The lobes reach to the pleura, one voxel beyond their
        labels where that is still of lung density.
    """

    canvas: Canvas
    window: Window
    lobes: UInt8[np.ndarray, "z y x"] = field(repr=False)

    @classmethod
    def of(cls, canvas: Canvas, *names: str) -> Lungs | None:
        """The named lobes, all five without names; ``None`` where none of them is in the field of view."""
        names = names or LOBES
        window = canvas.window(*names, margin_mm=max(canvas.spacing))
        if window is None:
            return None
        labels = canvas.labels[window]
        table = np.zeros(256, np.uint8)
        for name in names:
            table[list(canvas.ids(name))] = 1 + LOBES.index(name)
        lung_like = (canvas.hu[window] < RIM_HU) & ~canvas.mask(*AIR_HOLDING, *LOBES, window=window)
        lobes = _grown(table[labels], lung_like)
        return cls(canvas, window, lobes) if np.count_nonzero(lobes) >= LEAST_VOXELS else None

    @property
    def spacing(self) -> Spacing:
        """Voxel size in mm along (z, y, x)."""
        return self.canvas.spacing

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the window along (z, y, x)."""
        z, y, x = self.lobes.shape
        return z, y, x

    @property
    def hu(self) -> Float32[np.ndarray, "z y x"]:
        """The window's Hounsfield units: what is changed here is changed on the canvas."""
        return self.canvas.hu[self.window]

    @property
    def open(self) -> Mask:
        """Voxels of the lobes that belong to no finding yet."""
        return self.open_to()

    def open_to(self, *kinds: str) -> Mask:
        """Voxels of the lobes that belong to no finding yet, or to one of these kinds."""
        numbers = [0, *(one.number for one in self.canvas.findings if one.number and one.kind in kinds)]
        return (self.lobes > 0) & np.isin(self.canvas.instances[self.window], numbers)

    @cached_property
    def lung(self) -> Mask:
        """Voxels of either lung, chosen lobes or not."""
        return self.canvas.mask(*LOBES, window=self.window) | (self.lobes > 0)

    @cached_property
    def share(self) -> Float32[np.ndarray, "z y x"]:
        """How much of a voxel the chosen lobes hold: less than all beside a fissure, which runs through voxels."""
        share = np.where(self.lung, self.lobes > 0, True).astype(np.float32)
        for axis in range(3):
            share = ndimage.correlate1d(share, FISSURE, axis=axis, mode="nearest")
        return share * (self.lobes > 0)

    @cached_property
    def depth(self) -> Float32[np.ndarray, "z y x"]:
        """Distance in mm to the pleura; a fissure is none. Up to a fifth too long."""
        return depth_mm(self.lung, self.spacing)

    @cached_property
    def height(self) -> Float32[np.ndarray, "z 1 1"]:
        """0 at the lowest slice of the lobes, 1 at the highest."""
        slices = np.flatnonzero(self.lobes.any(axis=(1, 2)))
        span = max(int(slices[-1] - slices[0]), 1)
        rise = (np.arange(self.shape[0]) - slices[0]) / span
        return np.clip(rise, 0, 1).astype(np.float32)[:, None, None]

    def points(self, mask: Bool[np.ndarray, "z y x"], rng: np.random.Generator, count: int) -> list[Vector]:
        """Random voxels of a mask of this window, in mm from the window's first voxel; none of an empty mask."""
        choices = np.flatnonzero(mask)
        if not choices.size:
            return []
        index = np.unravel_index(choices[rng.integers(choices.size, size=count)], self.shape)
        z, y, x = (axis * step for axis, step in zip(index, self.spacing, strict=True))
        return [(float(a), float(b), float(c)) for a, b, c in zip(z, y, x, strict=True)]

    def touched(self, mask: Mask) -> tuple[str, ...]:
        """The lobes that a mask of this window has voxels in, the most affected first."""
        counts = np.bincount(self.lobes[mask], minlength=len(LOBES) + 1)[1:]
        return tuple(LOBES[int(i)] for i in np.argsort(-counts, kind="stable") if counts[i])

    def record(
        self,
        kind: str,
        mask: Mask,
        *,
        attributes: Mapping[str, str] | None = None,
        diameter_mm: float | None = None,
    ) -> None:
        """Add a finding with its lobes, the most affected first, and its side."""
        touched = self.touched(mask)
        finding = PhantomFinding(kind, touched, side_of(touched), attributes=attributes or {}, diameter_mm=diameter_mm)
        self.canvas.add(finding, self.window, mask)


def side_of(lobes: tuple[str, ...]) -> Side:
    """The side that all lobes lie on, or both."""
    sides: set[Literal["left", "right"]] = {"left" if lobe in LEFT else "right" for lobe in lobes}
    return sides.pop() if len(sides) == 1 else "both"


def _grown(lobes: UInt8[np.ndarray, "z y x"], rim: Mask) -> UInt8[np.ndarray, "z y x"]:
    """Lobes one voxel larger, along the axes, where the rim allows."""
    near = np.zeros_like(lobes)
    for axis in range(3):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        np.maximum(near[tuple(low)], lobes[tuple(high)], out=near[tuple(low)])
        np.maximum(near[tuple(high)], lobes[tuple(low)], out=near[tuple(high)])
    return np.where(rim & (lobes == 0), near, lobes)
