"""A lesion replaced by healthy lung from nearby."""

from __future__ import annotations

from itertools import product

import cc3d
import numpy as np
from jaxtyping import Bool, Int16
from scipy import ndimage

from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.types import Mask, Spacing

RIM_MM = 4.0
"""How much wider than the lesion the patch is: spicules and partial volume."""

STEP_MM = 5.0
FARTHEST_MM = 40.0
"""The copies tried: on a grid of this step, up to this far along each axis."""


def paint_out(hu: Int16[np.ndarray, "z y x"], lesions: Mask, lung: Mask, spacing: Spacing) -> None:
    """Replace every lesion in place by the shifted copy of healthy lung that fits its surroundings best.

    What of a lesion lies outside the lungs keeps its attenuation; so does one too large for any copy.
    """
    near = bounding_window(lesions, margin=round((FARTHEST_MM + RIM_MM) / min(spacing)) + 1)
    if near is None:
        return
    hu, lung = hu[near], lung[near]
    components = cc3d.connected_components(widened(lesions[near], RIM_MM, spacing), connectivity=26)
    healthy = lung & (components == 0)
    for number in range(1, int(components.max()) + 1):
        lesion = (components == number) & lung
        window = bounding_window(lesion)
        if window is not None:
            _replace(hu, lesion[window], window, healthy, spacing)


def widened(mask: Mask, margin_mm: float, spacing: Spacing) -> Mask:
    """The mask and every voxel in a box of so many mm around each of its voxels."""
    wide = mask.view(np.uint8)
    for axis, step in enumerate(spacing):
        wide = ndimage.maximum_filter1d(wide, 2 * round(margin_mm / step) + 1, axis)
    return wide > 0


def _replace(
    hu: Int16[np.ndarray, "z y x"],
    lesion: Bool[np.ndarray, "depth height width"],
    window: Window,
    healthy: Mask,
    spacing: Spacing,
) -> None:
    """Copy the best fitting shifted window where the lesion is; ``lesion`` is on the window."""
    rim = lesion & np.logical_not(ndimage.binary_erosion(lesion))
    there = hu[window]
    edge = there[rim].astype(np.float32)
    misfits = [
        (float(np.abs(hu[source][rim] - edge).mean()), number, source)
        for number, source in enumerate(_copies(window, hu.shape, spacing))
        if healthy[source][lesion].all()
    ]
    if misfits:
        _, _, source = min(misfits)
        soft = ndimage.uniform_filter(lesion.astype(np.float32), 3) * lesion
        there += np.rint(soft * (hu[source].astype(np.float32) - there)).astype(np.int16)


def _copies(window: Window, shape: tuple[int, ...], spacing: Spacing) -> list[Window]:
    """The window shifted every way that stays on the grid, the nearest first."""
    reach = int(FARTHEST_MM // STEP_MM)
    steps = sorted(product(range(-reach, reach + 1), repeat=3), key=lambda step: (sum(n * n for n in step), step))
    moved = (
        tuple(
            slice(axis.start + round(n * STEP_MM / mm), axis.stop + round(n * STEP_MM / mm))
            for axis, n, mm in zip(window, step, spacing, strict=True)
        )
        for step in steps
    )
    return [
        copy for copy in moved
        if all(axis.start >= 0 and axis.stop <= size for axis, size in zip(copy, shape, strict=True))
    ]  # pyright: ignore[reportReturnType]  # fmt: skip
