"""What one series UID holds: often one volume, sometimes a localizer with it, two phases, or an odd image.

Frames that can form a stack share object class, orientation, size, pixel spacing, frame of reference and the first
words of the image type. When an attribute such as the acquisition number parts such a group into stacks that lie over
each other, they are volumes of their own. The largest is read, and what is left out is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctscribe.ct.readers import tags
from ctscribe.ct.readers.frames import Frame
from ctscribe.ct.readers.stacking import depths

SAME_ORIENTATION = 5e-3
"""Largest difference of direction cosines within a stack: about 0.3°."""

MIN_SLICES = 8
"""Fewer are a localizer or a fragment."""

OVERLAP = 0.5
"""Fraction of the shorter of two stacks' extents above which they are two volumes and not two parts of one."""


@dataclass(frozen=True, eq=False)
class LargestVolume:
    """The frames of a series that belong together, and sentences on the others."""

    frames: tuple[Frame, ...]
    left_out: tuple[str, ...]


def largest_volume(frames: Sequence[Frame]) -> LargestVolume:
    """The largest stack among the frames of one series.

    Parameters
    ----------
    frames : in any order, those that have no place among them.
    """
    groups = sorted(_consistent_groups(frames), key=_size_then_uid)
    chosen, others = groups[0], [f for group in groups[1:] for f in group]
    sentences = []
    if localizers := sum(f.is_localizer for f in others):
        sentences.append(f"{_images(localizers)} of the series left out: localizer.")
    if odd := len(others) - localizers:
        sentences.append(f"{_images(odd)} of the series left out: another orientation, size or image type.")
    for attribute in chosen[0].moment:
        parts = _parts(chosen, attribute)
        if len(parts) > 1:
            sentences.append(
                f"The series holds {len(parts)} volumes that differ in {attribute}; the "
                f"{'first' if len(parts[0]) == len(parts[-1]) else 'largest'} was read ({len(parts[0])} slices)."
            )
            chosen = parts[0]
    return LargestVolume(tuple(chosen), tuple(sentences))


def _consistent_groups(frames: Sequence[Frame]) -> list[list[Frame]]:
    planes: dict[tuple[object, ...], list[list[Frame]]] = {}
    for frame in frames:
        groups = planes.setdefault(_plane(frame), [])
        home = next((group for group in groups if _parallel(group[0], frame)), None)
        if home is None:
            groups.append([frame])
        else:
            home.append(frame)
    return [group for groups in planes.values() for group in groups]


def _parallel(a: Frame, b: Frame) -> bool:
    if a.axes is None or b.axes is None:
        return a.axes is b.axes
    return bool(np.abs(a.axes - b.axes).max() < SAME_ORIENTATION)


def _plane(frame: Frame) -> tuple[object, ...]:
    pixels = frame.instance.pixels
    spacing = frame.spacing and tuple(round(s, 4) for s in frame.spacing)
    reference = tags.text(frame.instance.header, "FrameOfReferenceUID")
    return frame.instance.sop_class_uid, pixels.rows, pixels.columns, spacing, frame.image_type[:3], reference


def _parts(group: list[Frame], attribute: str) -> list[list[Frame]]:
    """Whole volumes that differ in an attribute, the largest first; the group itself when they lie side by side."""
    values = sorted({f.moment[attribute] for f in group}, key=lambda v: (not v.isdigit(), len(v), v))
    parts = [[f for f in group if f.moment[attribute] == value] for value in values]
    if len(parts) < 2 or not all(f.is_placed for f in group) or min(len(p) for p in parts) < MIN_SLICES:
        return [group]
    extents = [(d.min(), d.max()) for d in map(depths, parts)]
    for i, (low, high) in enumerate(extents):
        for other_low, other_high in extents[:i]:
            shared = min(high, other_high) - max(low, other_low)
            if shared > OVERLAP * min(high - low, other_high - other_low):
                return sorted(parts, key=len, reverse=True)
    return [group]


def _size_then_uid(group: list[Frame]) -> tuple[int, str]:
    return -len(group), min(f.instance.sop_instance_uid for f in group)


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
