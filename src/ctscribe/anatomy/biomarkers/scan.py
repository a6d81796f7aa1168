"""What all biomarkers share: the scan, its label map, one pass of statistics, and whether contrast was given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cc3d

from ctscribe.anatomy.contrast import contrast_enhanced
from ctscribe.anatomy.label_statistics import LabelStatistics, label_statistics
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan being measured."""

    volume: CTVolume
    labelmap: LabelMap

    @cached_property
    def statistics(self) -> LabelStatistics:
        return label_statistics(self.volume.hu, self.labelmap.labels)

    @cached_property
    def enhanced(self) -> bool | None:
        return contrast_enhanced(self.volume, self.labelmap)

    def ids(self, *names: str) -> tuple[int, ...]:
        """Label ids of the named classes that have voxels."""
        known = self.labelmap.ids(*names)
        return tuple(label for label in known if label < len(self.statistics.boxes) and self.statistics.count(label))

    def present(self, *names: str) -> bool:
        """Whether every named class has voxels."""
        return len(self.ids(*names)) == len(names)

    def approximate(self, *names: str) -> bool:
        """Whether any named class has an outline that is only roughly right."""
        return not self.labelmap.approximate.isdisjoint(names)

    def cut(self, *names: str) -> bool:
        """Whether the named classes reach the first or last slice, or the edge of an axial slice."""
        box = self.statistics.box(*self.ids(*names))
        return box is not None and any(
            first == 0 or last == size - 1 for (first, last), size in zip(box, self.volume.shape, strict=True)
        )

    def body_of(self, *names: str) -> tuple[Window, Mask] | None:
        """Window and mask of the largest 26-connected component of the named classes; ``None`` when absent."""
        mask = self.labelmap.mask(*names)
        window = bounding_window(mask)
        if window is None:
            return None
        largest = cc3d.largest_k(mask[window], k=1, connectivity=26) > 0
        inner = bounding_window(largest)
        if inner is None:
            return None
        z, y, x = (slice(o.start + i.start, o.start + i.stop) for o, i in zip(window, inner, strict=True))
        return (z, y, x), largest[inner]
