"""Which voxel belongs to which organ, and which lesion masks came with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Int64

from ctscribe.anatomy.taxonomy import CHEST6, Taxonomy
from ctscribe.types import Affine, Labels, Mask


@dataclass(frozen=True)
class Detection:
    """Who found one lesion of a lesion mask, and how sure it is.

    Parameters
    ----------
    kind : lesion kind, a key of ``LabelMap.lesions``.
    voxel : array index (z, y, x) of one voxel of the lesion; the lesion is the connected component around it.
    source : the detector.
    confidence : its certainty in [0, 1].
    """

    kind: str
    voxel: tuple[int, int, int]
    source: str
    confidence: float


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Organs as one label a voxel, lesions as masks that may lie inside organs.

    Parameters
    ----------
    labels : uint8 or uint16 on the volume's grid (z, y, x), 0 is background.
    names : label id → TotalSegmentator class name. Only ids named here count.
    affine : the volume's affine, index (z, y, x, 1) → LPS mm.
    source : who segmented, such as ``atlas 0.1.0`` or ``masks given by the user``.
    lesions : lesion kind (``anatomy.lesions.KINDS``) → mask on the same grid. A kind that is absent from the mapping
        was not looked for by the segmenter; a mask that is all False was looked for and not found.
    confidence : figures the segmenter gives about itself, such as ``{"lung_overlap": 0.97}``; empty when it has none.
    approximate : classes whose outline is only roughly right (they came from an atlas prior rather than from the
        scan's own intensities); measuring them finely is not allowed.
    notes : sentences a reader of the report should know about the segmentation.
    detections : lesions in ``lesions`` that an embedded detector found, one entry each; a lesion without an entry came
        with the masks of ``source``.
    """

    labels: Labels
    names: Mapping[int, str]
    affine: Affine
    source: str
    lesions: Mapping[str, Mask] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    approximate: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    detections: tuple[Detection, ...] = ()

    @cached_property
    def present(self) -> frozenset[str]:
        """Names of the classes that have at least one voxel."""
        counts = label_counts(self.labels)
        return frozenset(name for label, name in self.names.items() if label < counts.size and counts[label])

    @cached_property
    def _ids(self) -> Mapping[str, int]:
        return {name: label for label, name in self.names.items()}

    def ids(self, *names: str) -> tuple[int, ...]:
        """Label ids of those of the named classes that the map knows, in the order of the names."""
        return tuple(self._ids[name] for name in names if name in self._ids)

    def mask(self, *names: str) -> Mask:
        """Union of the named classes (z, y, x); all False where none is present."""
        wanted = list(self.ids(*names))
        if len(wanted) == 1:
            return self.labels == wanted[0]
        table = np.zeros(np.iinfo(self.labels.dtype).max + 1, dtype=bool)
        table[wanted] = True
        return table[self.labels]

    def region(self, key: str, taxonomy: Taxonomy = CHEST6) -> Mask:
        """Union of the classes that a taxonomy's region holds, such as ``region("lung")``."""
        return self.mask(*taxonomy[key].structures)


def label_counts(labels: Labels) -> Int64[np.ndarray, " ids"]:
    """Voxels of every label id, from 0 to the largest the array's type can hold; slice by slice, to spare memory."""
    counts = np.zeros(np.iinfo(labels.dtype).max + 1, dtype=np.int64)
    for plane in labels:
        counts += np.bincount(plane.ravel(), minlength=counts.size)
    return counts
