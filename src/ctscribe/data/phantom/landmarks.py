"""Where the parts of an anatomy lie that a deformation takes its measures from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.windows import bounding_window
from ctscribe.errors import BadInput
from ctscribe.types import Point, Spacing


@dataclass(frozen=True)
class Landmarks:
    """Boxes of organs in mm along (z, y, x), from the centre of voxel (0, 0, 0).

    Parameters
    ----------
    lungs_low, lungs_high : lowest and highest corner of the box around both lungs.
    heart_low, heart_high : the same of the heart.
    """

    lungs_low: Point
    lungs_high: Point
    heart_low: Point
    heart_high: Point


def find_landmarks(labels: UInt8[np.ndarray, "z y x"], names: Mapping[int, str], spacing: Spacing) -> Landmarks:
    """Landmarks of a label map.

    Raises
    ------
    BadInput : ``anatomy-incomplete``, a lobe or the heart is missing.
    """
    ids = {name: label for label, name in names.items()}
    missing = [name for name in (*LOBES, "heart") if name not in ids]
    if missing:
        raise BadInput(
            f"the anatomy's label map lacks {', '.join(missing)}",
            hint="give masks with the five lobes of the lungs and the heart",
            code="anatomy-incomplete",
        )
    lungs = _box(labels, [ids[lobe] for lobe in LOBES], spacing)
    return Landmarks(*lungs, *_box(labels, [ids["heart"]], spacing))


def _box(labels: UInt8[np.ndarray, "z y x"], ids: list[int], spacing: Spacing) -> tuple[Point, Point]:
    wanted = np.zeros(256, bool)
    wanted[ids] = True
    window = bounding_window(wanted[labels])
    if window is None:
        raise BadInput("the anatomy's lungs or heart are empty", hint="segment again", code="anatomy-incomplete")
    low = tuple(axis.start * step for axis, step in zip(window, spacing, strict=True))
    high = tuple((axis.stop - 1) * step for axis, step in zip(window, spacing, strict=True))
    return low, high  # pyright: ignore[reportReturnType]
