"""A series of images: what kind it is, how far it reaches, and which of its frames form the volume to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ctscribe.ct.readers import tags
from ctscribe.ct.readers.frames import CT_IMAGES, Frame
from ctscribe.ct.readers.grouping import MIN_SLICES, LargestVolume, largest_volume
from ctscribe.ct.readers.kernels import kernel_class
from ctscribe.ct.readers.stacking import SAME_PLACE_MM, depths

SeriesKind = Literal[
    "axial",
    "derived axial",
    "coronal",
    "sagittal",
    "localizer",
    "secondary capture",
    "colour images",
    "projection",
    "other modality",
    "too few slices",
    "unplaced images",
]

RANK: dict[SeriesKind, int] = {"axial": 0, "derived axial": 1, "coronal": 2, "sagittal": 3, "unplaced images": 4}
"""The kinds that reading is tried on, best first."""

REFUSED: dict[SeriesKind, tuple[str, str]] = {
    "localizer": ("localizer", "it is a localizer (scout view)"),
    "secondary capture": ("secondary-capture", "it is a secondary capture, not the scanner's own images"),
    "colour images": ("secondary-capture", "its images are in colour, not in Hounsfield units"),
    "projection": ("projection", "it is a projection through several slices (MIP, MinIP or rendering)"),
    "other modality": ("wrong-modality", "it is not CT"),
    "too few slices": ("too-few-slices", f"it has fewer than {MIN_SLICES} slices"),
}
"""The kinds that are never read: code and reason."""

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

PROJECTIONS = frozenset({"PROJECTION IMAGE", "MIP", "MINIP", "MPR_MIP", "MPR_MINIP", "VRT", "VOLUME_RENDER", "RAYSUM"})

CHEST = re.compile(r"chest|thora|torax|lung|pulm|mediast", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Series:
    """The frames under one series UID, and the volume among them."""

    frames: tuple[Frame, ...]

    @cached_property
    def volume(self) -> LargestVolume:
        """The frames that would be read."""
        return largest_volume(self.frames)

    @property
    def first(self) -> Frame:
        """A frame to ask for what all share."""
        return self.volume.frames[0]

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.first.instance.series_instance_uid

    @property
    def number(self) -> int | None:
        """SeriesNumber."""
        return tags.integer(self.first.instance.header, "SeriesNumber")

    @cached_property
    def kind(self) -> SeriesKind:
        """What the series holds, judged on the frames that would be read."""
        frame = self.first
        if frame.instance.modality not in ("CT", ""):
            return "other modality"
        if frame.instance.sop_class_uid.startswith(SECONDARY_CAPTURE):
            return "secondary capture"
        if frame.instance.sop_class_uid not in CT_IMAGES:
            return "other modality"
        if frame.instance.pixels.samples != 1 or not frame.instance.pixels.photometric.startswith("MONOCHROME"):
            return "colour images"
        if frame.is_localizer:
            return "localizer"
        if PROJECTIONS & set(frame.image_type):
            return "projection"
        if self.heights.size == 0 or frame.axes is None:
            return "unplaced images"
        if self.heights.size < MIN_SLICES:
            return "too few slices"
        across = int(np.argmax(np.abs(frame.axes[2])))
        if across < 2:
            return "sagittal" if across == 0 else "coronal"
        return "derived axial" if frame.image_type[:1] == ("DERIVED",) else "axial"

    @cached_property
    def heights(self) -> np.ndarray:
        """The slices' different positions along their normal in mm, ascending; none where one is not known."""
        if not all(f.is_placed for f in self.volume.frames):
            return np.empty(0)
        ordered = np.sort(depths(self.volume.frames))
        return ordered[np.diff(ordered, prepend=-np.inf) > SAME_PLACE_MM]

    @property
    def step_mm(self) -> float:
        """Median distance between neighbouring slices, 0 where it is not known."""
        return float(np.median(np.diff(self.heights))) if self.heights.size > 1 else 0.0

    @property
    def extent_mm(self) -> float:
        """Coverage across the slices, from outer edge to outer edge."""
        return float(np.ptp(self.heights)) + self.step_mm if self.heights.size else 0.0

    @property
    def is_chest(self) -> bool:
        """Whether the header names the chest."""
        header = self.first.instance.header
        return any(CHEST.search(tags.text(header, k)) for k in ("BodyPartExamined", "SeriesDescription"))

    @property
    def words(self) -> str:
        """Kind, slices, step and kernel for a sentence."""
        kernel = kernel_class(self.first.kernel)
        said = [self.kind, f"{len(self.volume.frames)} slices", f"{self.step_mm:.4g} mm"]
        return ", ".join(said + ([f"{kernel} kernel"] if kernel != "unknown" else []))


def group_series(frames: Sequence[Frame]) -> tuple[Series, ...]:
    """The series of a folder, by series number and then UID."""
    found: dict[str, list[Frame]] = {}
    for frame in frames:
        found.setdefault(frame.instance.series_instance_uid, []).append(frame)
    series = [Series(tuple(members)) for members in found.values()]
    return tuple(sorted(series, key=lambda s: (s.number is None, s.number or 0, s.uid)))
