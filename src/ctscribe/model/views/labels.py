"""The label map as a second volume beside the scan: AMOS-MM's ``+mask`` input."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ctscribe.anatomy.taxonomy import load_taxonomy
from ctscribe.case import Case
from ctscribe.model.views.grids import SampledGrid
from ctscribe.model.views.regions import sample_regions
from ctscribe.model.views.view import VIEWS, Sample, View, followed


@VIEWS.register("labels")
class Labels(View):
    """(1, D, H, W) on another view's grid: 0 is background, region k of n is k/n.

    Parameters
    ----------
    like : the volume or slices view whose grid this is.
    taxonomy : which regions.
    """

    def __init__(
        self,
        others: Mapping[str, View],
        *,
        like: str,
        taxonomy: str = "chest6",  # ours: AMOS-MM feeds its own organ labels, and does not say how they are scaled
    ) -> None:
        _, self.voxels = followed(others, like, "like")
        self.like, self.taxonomy = like, load_taxonomy(taxonomy)
        self.shape = (1, *self.voxels)

    def sample(self, case: Case, grids: Mapping[str, SampledGrid]) -> Sample:
        """Region numbers from 1, uint8 (D, H, W)."""
        numbers = sample_regions(case.labelmap, self.taxonomy, grids[self.like])
        return Sample(torch.from_numpy(numbers), grids[self.like])

    def finish(self, values: UInt8[Tensor, "batch z y x"]) -> Float[Tensor, "batch 1 z y x"]:
        """Region numbers into (0, 1]."""
        return values[:, None].float() / len(self.taxonomy.regions)
