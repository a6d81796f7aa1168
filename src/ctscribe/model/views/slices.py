"""The scan as axial slices for a 2-D encoder: one window in all channels, or a window a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float, Int16
from torch import Tensor

from ctscribe.case import Case
from ctscribe.ct.intensity import MEDREGION_RGB
from ctscribe.errors import BadInput
from ctscribe.model.views.checks import check_positive, check_rising
from ctscribe.model.views.grids import SampledGrid, sample_hu, view_grid
from ctscribe.model.views.intensities import Range, per_channel, through_windows
from ctscribe.model.views.view import VIEWS, Sample, View


@VIEWS.register("slices")
class Slices(View):
    """(S, 3, H, W), slice 0 the most inferior.

    Parameters
    ----------
    size : pixels (H, W).
    count : so many slices spread evenly over the scan, each the mean of its share; pixels are resized to ``size``.
    spacing, depth : or ``depth`` slices at a spacing of (z, y, x) mm, cropped or padded around the centre.
    foreground_crop : cut table and air away first.
    clip : HU range of all three channels.
    windows : or a HU range for each channel; ``medregion_rgb`` are MedRegion-CT's.
    scale : what each range becomes.
    mean, std : of each channel, subtracted and divided by after scaling.
    pad : HU outside the scan.
    """

    def __init__(
        self,
        others: Mapping[str, View],
        *,
        size: tuple[int, int],
        count: int | None = None,  # HSENet: 32
        spacing: tuple[float, float, float] | None = None,  # MedRegion-CT's is lost from its text; ours 3.0, 0.8, 0.8
        depth: int | None = None,  # MedRegion-CT: 128
        foreground_crop: bool = False,
        clip: tuple[float, float] | None = None,  # HSENet: -1000, 1000
        windows: Literal["medregion_rgb"] | tuple[Range, Range, Range] | None = None,
        scale: tuple[float, float] = (0.0, 1.0),
        mean: tuple[float, float, float] | None = None,
        std: tuple[float, float, float] | None = None,
        pad: int = -1000,  # air
    ) -> None:
        slices = _number_of_slices(count, spacing, depth)
        check_positive("size", size)
        check_rising("scale", scale)
        self.windows = _windows(clip, windows)
        if (mean is None) != (std is None):
            raise BadInput("mean and std go together, only one is given", code="missing-key")
        check_positive("std", std or ())
        self.spacing, self.foreground_crop, self.pad = spacing, foreground_crop, pad
        self.scale, self.mean, self.std = scale, mean, std
        self.voxels = self.size = slices, *size
        self.shape = (slices, 3, *size)

    def sample(self, case: Case, grids: Mapping[str, SampledGrid]) -> Sample:
        """The scan on the view's grid, int16 HU (S, H, W)."""
        grid = view_grid(case.volume, self.size, self.spacing, self.foreground_crop)
        return Sample(torch.from_numpy(sample_hu(case.volume, grid, self.pad)), grid)

    def finish(self, values: Int16[Tensor, "batch slices y x"]) -> Float[Tensor, "batch slices 3 y x"]:
        """Windows, scale, mean and std; equal channels share their memory."""
        channels = through_windows(values, self.windows, self.scale)  # b s (1 or 3) h w
        if self.mean is not None and self.std is not None:
            channels = (channels - per_channel(self.mean, values.device)) / per_channel(self.std, values.device)
        return channels.expand(-1, -1, 3, -1, -1)


def _number_of_slices(count: int | None, spacing: tuple[float, float, float] | None, depth: int | None) -> int:
    if (count is None) == (depth is None) or (spacing is None) != (depth is None):
        hint = "count spreads slices over the scan; spacing and depth set their distance and number"
        raise BadInput("give either count, or both spacing and depth", hint=hint, code="wrong-value")
    check_positive("spacing", spacing or ())
    slices = count or depth or 0
    check_positive("count" if depth is None else "depth", [slices])
    return slices


def _windows(
    clip: Range | None, windows: Literal["medregion_rgb"] | tuple[Range, Range, Range] | None
) -> tuple[Range, ...]:
    if (clip is None) == (windows is None):
        raise BadInput("give either clip or windows", code="wrong-value")
    if windows == "medregion_rgb":
        return MEDREGION_RGB
    chosen = windows or ((clip,) if clip else ())
    for ends in chosen:
        check_rising("clip" if windows is None else "windows", ends)
    return chosen
