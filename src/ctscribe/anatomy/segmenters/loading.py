"""From the word given to ``--segmenter`` to the segmenter."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from ctscribe.anatomy.segmenters import SEGMENTERS
from ctscribe.anatomy.segmenters.protocol import Segmenter
from ctscribe.errors import BadInput


def load_segmenter(
    choice: str | Path, *, device: str = "cpu", fast: bool = False, force: bool = False, names: Path | None = None
) -> Segmenter:
    """The segmenter of a name in ``SEGMENTERS``, or of the path of masks.

    Parameters
    ----------
    choice : ``atlas``, ``totalsegmentator`` or a path. To read masks that bear a segmenter's name, write ``./atlas``.
    device : ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; only TotalSegmentator computes elsewhere than on the CPU.
    fast : TotalSegmentator's 3 mm model instead of its 1.5 mm ones.
    force : the atlas goes on although the scan does not fit a chest.
    names : a names file for masks that do not have theirs beside them.

    Raises
    ------
    BadInput : no segmenter and no path of that name.
    """
    if choice == "atlas":
        from ctscribe.anatomy.segmenters.atlas import AtlasSegmenter

        return AtlasSegmenter(force=force)
    if choice == "totalsegmentator":
        from ctscribe.anatomy.segmenters.totalsegmentator import TotalSegmentatorSegmenter

        return TotalSegmentatorSegmenter(device=device, fast=fast)
    if not Path(choice).exists():
        named = [name for name in SEGMENTERS if name.islower()]
        near = get_close_matches(str(choice).lower(), named, n=1)
        hint = f"did you mean {near[0]}?" if near else f"give {', '.join(named)} or the path of your masks"
        raise BadInput(f"{choice} is neither a segmenter nor masks that exist", hint=hint, code="unknown-segmenter")
    from ctscribe.anatomy.segmenters.masks import UserMasks

    return UserMasks(Path(choice), names)
