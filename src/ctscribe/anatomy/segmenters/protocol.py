"""What every segmenter is: a scan in, a label map on the same grid out."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume


@runtime_checkable
class Segmenter(Protocol):
    """Finds organs, and lesions when it can, in a canonical CT volume."""

    name: str

    def __call__(self, volume: CTVolume) -> LabelMap:
        """Segment; the label map lies on the volume's grid."""
        ...
