"""Who can tell the organs of a scan apart: the embedded atlas, TotalSegmentator, or masks that the user brings.

The table below is all that help texts and documentation need; nothing heavy is imported before a segmenter is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctscribe.anatomy.segmenters.loading import load_segmenter

__all__ = ["SEGMENTERS", "load_segmenter"]

SEGMENTERS: dict[str, str] = {
    "atlas": "the embedded one: a real anatomy registered to the scan; needs no weights",
    "totalsegmentator": "the TotalSegmentator program, when it is installed; downloads its weights on first use",
    "MASKS": "your own: multi-label NIfTI, NRRD or MetaImage, a folder with one file a class, or DICOM SEG",
}
"""What ``--segmenter`` takes → what it is. ``MASKS`` stands for a path."""


def __getattr__(name: str) -> Any:
    if name == "load_segmenter":
        from ctscribe.anatomy.segmenters.loading import load_segmenter

        return load_segmenter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
