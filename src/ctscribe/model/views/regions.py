"""The regions of a taxonomy on a view's grid."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.taxonomy import Taxonomy
from ctscribe.errors import BadInput
from ctscribe.model.views.grids import SampledGrid, onto

RegionNumbers: TypeAlias = UInt8[np.ndarray, "z y x"]
"""0 is background, k is the taxonomy's k-th region, counted from 1."""


def sample_regions(labelmap: LabelMap, taxonomy: Taxonomy, grid: SampledGrid) -> RegionNumbers:
    """Regions on a view's grid; where voxels shrink, the one that fills most of the new voxel.

    A class of several regions counts for the first.

    Raises
    ------
    BadInput : no region of the taxonomy has a single voxel in the scan.
    """
    key = labelmap, taxonomy.name
    if key not in grid.regions:
        _check_present(labelmap, taxonomy)
        numbers = np.zeros(np.iinfo(labelmap.labels.dtype).max + 1, dtype=np.uint8)
        for number, region in reversed(list(enumerate(taxonomy, start=1))):
            numbers[list(labelmap.ids(*region.structures))] = number
        # Numbered before they are resampled, so that the lobes of a lung vote together.
        grid.regions[key] = onto(numbers[labelmap.labels], labelmap.affine, grid, "majority")
    return grid.regions[key]


def _check_present(labelmap: LabelMap, taxonomy: Taxonomy) -> None:
    classes = {structure for region in taxonomy for structure in region.structures}
    if not classes & labelmap.present:
        raise BadInput(
            f"the scan has no organ masks: none of the regions of {taxonomy.name} has a voxel",
            hint="segment the scan first, or take a system that needs no masks",
            code="no-organ-masks",
        )
