"""The scan as one volume: resampled to a spacing or resized, clipped and scaled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float, Int16
from torch import Tensor

from ctscribe.case import Case
from ctscribe.model.views.checks import check_positive, check_rising
from ctscribe.model.views.grids import SampledGrid, sample_hu, view_grid
from ctscribe.model.views.intensities import clipped_volume, minmax_volume
from ctscribe.model.views.view import VIEWS, Sample, View


@VIEWS.register("volume")
class Volume(View):
    """(1, D, H, W).

    Parameters
    ----------
    size : voxels (D, H, W).
    spacing : mm (z, y, x), cropped or padded to ``size`` around the centre; without it the scan is resized to ``size``.
    foreground_crop : cut table and air away first.
    clip : HU range.
    scale : what the range becomes.
    normalise : ``clip`` scales the ends of ``clip``; ``minmax`` the volume's own extremes after clipping.
    pad : HU outside the scan.
    """

    def __init__(
        self,
        others: Mapping[str, View],
        *,
        size: tuple[int, int, int],
        spacing: tuple[float, float, float] | None = None,  # RAD3D-Prefix and HILT: 1.5, 0.75, 0.75; others resize
        foreground_crop: bool = False,
        clip: tuple[float, float] = (-1000.0, 1000.0),  # RAD3D-Prefix; AMOS-MM, HILT and HSENet have others
        scale: tuple[float, float] = (0.0, 1.0),  # HILT
        normalise: Literal["clip", "minmax"] = "clip",
        pad: int = -1000,  # air; with CT-CLIP's clip and scale this is its -1
    ) -> None:
        check_positive("size", size)
        check_positive("spacing", spacing or ())
        check_rising("clip", clip)
        check_rising("scale", scale)
        self.spacing, self.foreground_crop = spacing, foreground_crop
        self.clip, self.scale, self.pad = clip, scale, pad
        self.normalised = minmax_volume if normalise == "minmax" else clipped_volume
        self.voxels = self.size = size
        self.shape = (1, *size)

    def sample(self, case: Case, grids: Mapping[str, SampledGrid]) -> Sample:
        """The scan on the view's grid, int16 HU (D, H, W)."""
        grid = view_grid(case.volume, self.size, self.spacing, self.foreground_crop)
        return Sample(torch.from_numpy(sample_hu(case.volume, grid, self.pad)), grid)

    def finish(self, values: Int16[Tensor, "batch z y x"]) -> Float[Tensor, "batch 1 z y x"]:
        """Clip and scale."""
        return self.normalised(values, self.clip, self.scale)[:, None]
