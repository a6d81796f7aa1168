"""Width of the trachea at its narrowest."""

from __future__ import annotations

from functools import partial

import cc3d
import numpy as np

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.types import Mask

SMALLEST_LUMEN_MM2 = 30.0
ENDS_MM = 10.0
"""Left out above the carina, where the trachea widens, and below its upper end, which the larynx or the scan cuts."""

SHORTEST_MM = 30.0
THICKEST_SLICE_MM = 10.0

_width = partial(
    Biomarker,
    name="tracheal_diameter",
    region="airway",
    unit="mm",
    structures=("trachea",),
    method=(
        "Smallest coronal diameter of the tracheal lumen on axial slices, from 10 mm above the carina to 10 mm below "
        "the upper end in view (coronal diameter as in Breatnach et al., AJR 1984)"
    ),
    limits="Depends on respiration; secretions count as wall; narrowings shorter than two slices are missed.",
)


def tracheal_diameter(scan: Scan) -> Biomarker:
    """Smallest coronal diameter of the trachea in mm; the line is that diameter."""
    trachea = scan.body_of("trachea")
    if trachea is None:
        return _width(value=None, reason="the trachea was not segmented")
    if scan.volume.slice_mm > THICKEST_SLICE_MM:
        return _width(value=None, reason=f"slices of {scan.volume.slice_mm:.1f} mm are too thick")
    window, mask = trachea
    sz, _, sx = scan.volume.spacing
    levels = _above_carina(mask, scan)
    margin = round(ENDS_MM / sz)
    inner = levels[margin : len(levels) - margin]
    if len(inner) * sz < SHORTEST_MM:
        return _width(value=None, reason=f"less than {SHORTEST_MM + 2 * ENDS_MM:.0f} mm of the trachea is in view")
    columns = mask[inner].any(axis=1)
    # Neighbouring slices must agree: one frayed slice is no stenosis.
    widths = columns.sum(axis=1) * sx
    lasting = np.maximum(widths[:-1], widths[1:])
    at = int(lasting.argmin())
    k = inner[at] if widths[at] >= widths[at + 1] else inner[at + 1]
    z, row = window[0].start + k, window[1].start + float(np.argwhere(mask[k])[:, 0].mean())
    seen = np.flatnonzero(mask[k].any(axis=0)) + window[2].start
    ends = [scan.volume.position((z, row, x)) for x in (seen[0] - 0.5, seen[-1] + 0.5)]
    return _width(
        value=float(lasting[at]),
        key_slice=z,
        line_mm=(ends[0], ends[1]),
        approximate=scan.approximate("trachea"),
    )


def _above_carina(mask: Mask, scan: Scan) -> list[int]:
    """Slices of the mask, upwards, from the carina (or the mask's lower end) to its top."""
    pixel = scan.volume.spacing[1] * scan.volume.spacing[2]
    levels: list[int] = []
    for k in range(len(mask) - 1, -1, -1):
        _, sizes = np.unique(cc3d.connected_components(mask[k], connectivity=8), return_counts=True)
        lumens = int((sizes[1:] * pixel >= SMALLEST_LUMEN_MM2).sum())
        if lumens > 1:
            break
        if lumens == 1:
            levels.append(k)
    return levels[::-1]
