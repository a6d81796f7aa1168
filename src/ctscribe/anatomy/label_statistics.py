"""Voxel counts, boxes and HU histograms of every label, in one pass over the scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Int64

from ctscribe.types import HUArray, Labels, SliceRange

LOWEST_HU = -1024
HIGHEST_HU = 3071
BINS = HIGHEST_HU - LOWEST_HU + 1


@dataclass(frozen=True, eq=False)
class LabelStatistics:
    """What every later figure of a label can be read from.

    Parameters
    ----------
    histogram : voxels by label id and HU, one bin a unit from ``LOWEST_HU`` to ``HIGHEST_HU``; values beyond are
        counted in the outermost bins, fractions in the nearest one.
    boxes : first and last index of every label along z, y and x, both included; (0, -1) for a label without voxels.
    """

    histogram: Int64[np.ndarray, "label hu"]
    boxes: Int64[np.ndarray, "label axis end"]

    def count(self, *labels: int) -> int:
        """Voxels in the union of some labels."""
        return int(self.histogram[list(labels)].sum())

    def share_below(self, hu: int, *labels: int) -> float:
        """Share of the union's voxels below a Hounsfield value, 0 to 1; the union must have voxels."""
        return int(self.histogram[list(labels), : hu - LOWEST_HU].sum()) / self.count(*labels)

    def box(self, *labels: int) -> tuple[SliceRange, SliceRange, SliceRange] | None:
        """First and last index of the union along z, y and x; ``None`` without voxels."""
        present = [label for label in labels if self.boxes[label, 0, 1] >= 0]
        if not present:
            return None
        low, high = self.boxes[present, :, 0].min(axis=0), self.boxes[present, :, 1].max(axis=0)
        z, y, x = ((int(a), int(b)) for a, b in zip(low, high, strict=True))
        return z, y, x


@numba.njit(cache=True)
@no_type_check
def _accumulate(hu: np.ndarray, labels: np.ndarray, histogram: np.ndarray, boxes: np.ndarray) -> None:
    bins = histogram.shape[1]
    nz, ny, nx = labels.shape
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                label = labels[z, y, x]
                if label == 0:
                    continue
                place = int(np.rint(hu[z, y, x])) + 1024
                histogram[label, min(max(place, 0), bins - 1)] += 1
                box = boxes[label]
                if box[0, 1] < 0:
                    box[0, 0], box[1, 0], box[2, 0] = z, y, x
                    box[0, 1], box[1, 1], box[2, 1] = z, y, x
                else:
                    box[0, 1] = z
                    box[1, 0], box[1, 1] = min(box[1, 0], y), max(box[1, 1], y)
                    box[2, 0], box[2, 1] = min(box[2, 0], x), max(box[2, 1], x)


def label_statistics(hu: HUArray, labels: Labels) -> LabelStatistics:
    """Histogram and box of every label; the background, label 0, is left empty.

    Parameters
    ----------
    hu, labels : the scan and its label map on one grid (z, y, x).
    """
    size = int(labels.max(initial=0)) + 1
    histogram = np.zeros((size, BINS), dtype=np.int64)
    boxes = np.zeros((size, 3, 2), dtype=np.int64)
    boxes[:, :, 1] = -1
    _accumulate(hu, labels, histogram, boxes)
    return LabelStatistics(histogram, boxes)
