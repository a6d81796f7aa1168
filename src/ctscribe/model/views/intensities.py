"""Hounsfield units of a batch into what encoders take, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Float, Int16
from torch import Tensor

Range: TypeAlias = tuple[float, float]
"""Low and high end."""


def through_windows(
    hu: Int16[Tensor, "batch slices y x"], windows: Sequence[Range], scale: Range
) -> Float[Tensor, "batch slices windows y x"]:
    """Each window's low and high end become the ends of ``scale``, linearly between, constant outside."""
    low, high = (per_channel(ends, hu.device) for ends in zip(*windows, strict=True))
    clipped = hu[:, :, None].float().clamp(low, high)  # b s 1 h w against windows 1 1
    return _stretched(clipped, low, high - low, scale)


def clipped_volume(hu: Int16[Tensor, "batch z y x"], clip: Range, scale: Range) -> Float[Tensor, "batch z y x"]:
    """HU clipped; the ends of the clip become the ends of ``scale``, exactly."""
    low, high = clip
    start, end = scale
    slope = (end - start) / (high - low)
    # Clipped last: one pass fewer over a volume that may have 55 million voxels.
    return hu.float().mul_(slope).add_(start - low * slope).clamp_(min(start, end), max(start, end))


def minmax_volume(hu: Int16[Tensor, "batch z y x"], clip: Range, scale: Range) -> Float[Tensor, "batch z y x"]:
    """HU clipped; each volume's own lowest and highest value become the ends of ``scale``."""
    clipped = hu.float().clamp_(*clip)
    low = clipped.amin(dim=(1, 2, 3), keepdim=True)
    high = clipped.amax(dim=(1, 2, 3), keepdim=True)
    # A volume of one value has no range; it becomes the low end.
    return _stretched(clipped, low, (high - low).clamp(min=1e-6), scale)


def per_channel(values: Sequence[float], device: torch.device) -> Float[Tensor, "channels 1 1"]:
    """One number a channel, ready to broadcast over (channels, y, x)."""
    return torch.tensor(values, dtype=torch.float32, device=device)[:, None, None]


def _stretched(values: Tensor, low: Tensor | float, width: Tensor | float, scale: Range) -> Tensor:
    """[low, low + width] onto ``scale``, in place: a batch of slices takes gigabytes."""
    start, end = scale
    return values.sub_(low).div_(width / (end - start)).add_(start)
