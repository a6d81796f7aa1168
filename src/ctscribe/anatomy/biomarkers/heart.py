"""Cardiothoracic ratio."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Int64

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.guidance import LOBES
from ctscribe.types import Mask

_ratio = partial(
    Biomarker,
    name="cardiothoracic_ratio",
    region="heart",
    unit="1",
    structures=("heart", *LOBES),
    method=(
        "Greatest transverse diameter of the heart over greatest inner transverse diameter of the chest, each on its "
        "own axial slice (Gollub et al., J Comput Assist Tomogr 2012)"
    ),
    limits=(
        "The inner chest is taken from the outer borders of the lungs, so fluid along both chest walls raises the "
        "ratio; pericardial fluid and fat inside the heart's outline count as heart."
    ),
)


def cardiothoracic_ratio(scan: Scan) -> Biomarker:
    """Transverse heart diameter over inner transverse chest diameter; the line is the heart's diameter."""
    heart = scan.body_of("heart")
    reason = _obstacle(scan)
    if heart is None or reason is not None:
        return _ratio(value=None, reason=reason)
    window, mask = heart
    first, last = _extents(mask)
    chest_first, chest_last = _extents(scan.labelmap.mask(*LOBES))
    k = int((last - first).argmax())
    z = window[0].start + k
    y = window[1].start + float(np.argwhere(mask[k])[:, 0].mean())
    ends = (window[2].start + first[k] - 0.5, window[2].start + last[k] + 0.5)
    return _ratio(
        value=float((last[k] - first[k] + 1) / ((chest_last - chest_first).max() + 1)),
        key_slice=z,
        line_mm=(scan.volume.position((z, y, ends[0])), scan.volume.position((z, y, ends[1]))),
        approximate=scan.approximate("heart"),
    )


def _obstacle(scan: Scan) -> str | None:
    if not scan.present("heart"):
        return "the heart was not segmented"
    sides = [scan.ids(*(lobe for lobe in LOBES if lobe.endswith(side))) for side in ("left", "right")]
    if not all(sides):
        return "the inner width of the chest needs both lungs"
    if scan.cut("heart"):
        return "the heart is cut off by the field of view"
    box = scan.statistics.box(*sides[0], *sides[1])
    if box is not None and (box[2][0] == 0 or box[2][1] == scan.volume.shape[2] - 1):
        return "the chest is wider than the field of view"
    return None


def _extents(mask: Mask) -> tuple[Int64[np.ndarray, " z"], Int64[np.ndarray, " z"]]:
    """First and last column of every slice; last is first − 1 where the slice is empty."""
    columns = np.any(mask, axis=1)
    first = columns.argmax(axis=1)
    last = columns.shape[1] - 1 - columns[:, ::-1].argmax(axis=1)
    return first, np.where(np.any(columns, axis=1), last, first - 1)
