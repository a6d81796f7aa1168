"""The organs of each report region on a patch grid: which patches belong to which region, and how much of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Shaped
from torch import Tensor

from ctscribe.anatomy.taxonomy import load_taxonomy
from ctscribe.case import Case
from ctscribe.model.features import Grid
from ctscribe.model.views.checks import check_positive, divided
from ctscribe.model.views.grids import SampledGrid
from ctscribe.model.views.regions import RegionNumbers, sample_regions
from ctscribe.model.views.view import VIEWS, Sample, View, followed, is_volume

Reduction: TypeAlias = Literal["any", "trilinear", "mean"]


@VIEWS.register("region_masks")
class RegionMasks(View):
    """(regions, d, h, w), or (1, d, h, w) for their union, on the patches of another view.

    A region without a voxel in that view is all zeros.

    Parameters
    ----------
    like : the slices or volume view whose patches these are.
    patch : voxels of a patch (z, y, x) in that view; one number p stands for (1, p, p) in slices and (p, p, p) in a
        volume.
    taxonomy : which regions.
    union : all regions in one mask: the foreground of MedRegion-CT's fast and slow tokens.
    reduce : ``any``: 1 where the region has a voxel in the patch; ``trilinear``: the mask interpolated at the patch's
        centre (MedRegion-CT, mask-driven visual extractor); ``mean``: the share of the patch.
    """

    def __init__(
        self,
        others: Mapping[str, View],
        *,
        like: str,
        patch: int | tuple[int, int, int],
        taxonomy: str = "chest6",  # MedRegion-CT, Tab. S2
        union: bool = False,
        reduce: Reduction = "any",  # ours: MedRegion-CT does not say how its foreground is reduced
    ) -> None:
        view, voxels = followed(others, like, "like")
        if isinstance(patch, int):
            patch = (patch if is_volume(view) else 1, patch, patch)
        check_positive("patch", patch)
        self.like, self.patch, self.union = like, patch, union
        self.reduction: Reduction = reduce
        self.taxonomy = load_taxonomy(taxonomy)
        self.shape = (1 if union else len(self.taxonomy.regions), *divided(voxels, patch, "a patch"))

    def sample(self, case: Case, grids: Mapping[str, SampledGrid]) -> Sample:
        """The masks: uint8 for ``any``, else float16, exact for ``trilinear`` and to 3 digits for ``mean``."""
        numbers = sample_regions(case.labelmap, self.taxonomy, grids[self.like])
        if self.union:
            numbers = (numbers > 0).astype(np.uint8)
        masks = reduced(numbers, self.patch, self.shape[0], self.reduction)
        return Sample(torch.from_numpy(masks), grids[self.like])

    def finish(self, values: Shaped[Tensor, "batch regions z y x"]) -> Float[Tensor, "batch regions z y x"]:
        """As float32."""
        return values.float()


def reduced(
    numbers: RegionNumbers, patch: Grid, regions: int, reduction: Reduction
) -> Shaped[np.ndarray, "regions depth height width"]:
    """Voxels to patches, each region by itself."""
    pz, py, px = patch
    blocks = rearrange(numbers, "(d pz) (h py) (w px) -> d pz h py w px", pz=pz, py=py, px=px)
    within = (1, 3, 5)
    if reduction == "any":
        return np.stack([(blocks == k).any(axis=within) for k in range(1, regions + 1)]).astype(np.uint8)
    if reduction == "trilinear":
        # At a patch's centre only the middle voxel of an odd side has weight, or the middle two of an even one alike.
        z, y, x = (slice((side - 1) // 2, side // 2 + 1) for side in patch)
        blocks = blocks[:, z, :, y, :, x]
    shares = [(blocks == k).mean(axis=within, dtype=np.float32) for k in range(1, regions + 1)]
    return np.stack(shares).astype(np.float16)
