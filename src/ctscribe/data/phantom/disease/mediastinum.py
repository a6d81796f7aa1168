"""Landmarks of the mediastinum that the label map does not name: the carina, and the parts of the aorta."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.soft_tissue import Voxel, pieces
from ctscribe.types import Mask

AORTIC_PARTS = ("ascending aorta", "aortic arch", "descending aorta")


def carina(canvas: Canvas) -> Voxel | None:
    """Centre of the trachea where it widens into the main bronchi; ``None`` where that is not in view."""
    window = canvas.window("trachea")
    if window is None:
        return None
    trachea = canvas.mask("trachea", window=window)
    widths = trachea.any(axis=1).sum(axis=1)
    usual = np.sort(widths)[len(widths) // 2]
    wide = np.flatnonzero(widths >= 2 * usual)
    if not wide.size or wide[-1] >= len(widths) - 2:
        return None
    level = int(wide[-1])
    rows, columns = np.nonzero(trachea[level])
    return level + window[0].start, float(rows.mean()) + window[1].start, float(columns.mean()) + window[2].start


def aortic_parts(canvas: Canvas) -> tuple[Window, dict[str, Mask]]:
    """The aorta's window, and the masks of the parts of it that are in view.

    The arch ends where the aorta first falls into two in an axial slice; the one in front is the ascending, the one
    behind the descending aorta, which is followed to the diaphragm, below the heart.
    """
    window, heart = canvas.window("aorta"), canvas.window("heart", margin_mm=25)
    if window is None or heart is None:
        return (slice(0, 0), slice(0, 0), slice(0, 0)), {}
    aorta = canvas.mask("aorta", window=window)
    parts = {name: np.zeros(aorta.shape, bool) for name in AORTIC_PARTS}
    parted = False
    for z in range(len(aorta) - 1, max(heart[0].start - window[0].start, 0) - 1, -1):
        numbers, count = pieces(aorta[z])
        parted = parted or count > 1
        if not parted:
            parts["aortic arch"][z] = aorta[z]
        elif count > 1:  # numbered from front to back
            parts["ascending aorta"][z] = numbers == 1
            parts["descending aorta"][z] = numbers == count
        else:
            parts["descending aorta"][z] = aorta[z]
    return window, {name: mask for name, mask in parts.items() if np.count_nonzero(mask.any(axis=(1, 2))) > 1}
