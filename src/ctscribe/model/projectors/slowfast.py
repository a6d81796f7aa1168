"""SlowFast tokens: one coarse token of every slice, finer ones of a few: by organs (MedRegion-CT) or evenly (LITA)."""

from __future__ import annotations

from math import ceil
from typing import Literal

import torch
from einops import rearrange, reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Grid, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_positive, divided, masks_on, patches_of
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("slowfast")
class RegionSlowFast(Projector):
    """MedRegion-CT's region-based SlowFast tokenizer (§3.1, Eqs. 2 and 3) and its linear connector.

    Fast: the mean token of every slice that holds an organ. Slow: of every ``stride``-th of those slices, the patch
    tokens times the organs' mask, averaged over ``kernel``×``kernel`` patches, where these hold an organ. Fast tokens
    come first, then slow ones, both in slice order. The organs are the union of the stream's masks.

    Parameters
    ----------
    stride : organ-bearing slices from one slow slice to the next, the first being slow. The paper does not give it;
        8 is ours: 128 slices of 32×32 patches then give at most 128 + 16·256 tokens, half of its 8,192 positions.
    kernel : side of the cells over which slow tokens are averaged.
    parts : both, or one of the two pathways alone.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        stride: int = 8,
        kernel: int = 2,  # MedRegion-CT §3.1.2
        parts: Literal["both", "fast", "slow"] = "both",
    ) -> None:
        super().__init__(sources, width, masks)
        source, self.grid = patches_of(sources, "slowfast")
        masks_on(masks, self.grid, "slowfast")
        check_positive("slowfast", stride=stride)
        self.stride, self.kernel = stride, kernel
        self.kinds = ("fast", "slow") if parts == "both" else (parts,)
        self.frames = ceil(self.grid[0] / stride)  # slow slices, when every slice holds an organ
        self.cells = divided(self.grid, (1, kernel, kernel), "slowfast")
        self.connector = nn.Linear(source.channels, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """Fast and slow tokens of a case, or of one whose organs fill the scan."""
        if masks is None:
            depth, height, width = self.cells
            counts = {"fast": depth, "slow": self.frames * height * width}
        else:
            organs = _organs(masks)
            counts = {"fast": int(_bearing(organs).sum()), "slow": int(self._slow(organs)[1].sum())}
        return {kind: counts[kind] for kind in self.kinds}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Tokens of a batch; the masks, (batch, regions, slices, y, x), may differ from case to case."""
        assert masks is not None  # the constructor saw that the stream has them
        slices, organs = _slices(sources[0], self.grid), _organs(masks)
        values: list[Tensor] = []
        valid: list[Tensor] = []
        if "fast" in self.kinds:
            values.append(reduce(slices, "b d h w c -> b d c", "mean"))
            valid.append(_bearing(organs))
        if "slow" in self.kinds:
            chosen, holding = self._slow(organs)
            case = torch.arange(len(chosen), device=chosen.device)[:, None]
            masked = slices[case, chosen] * organs[case, chosen, ..., None]  # (batch, frames, h, w, c)
            values.append(_pooled(masked, self.kernel))
            valid.append(holding)
        return Tokens(self.connector(torch.cat(values, dim=1)), torch.cat(valid, dim=1))

    def _slow(
        self, organs: Bool[Tensor, "batch slices y x"]
    ) -> tuple[Int[Tensor, "batch frames"], Bool[Tensor, "batch cells"]]:
        """Numbers of the slow slices, lowest first, and which of their cells hold an organ.

        Every case gives as many slices as the longest could need; those beyond its own have no cell that counts.
        """
        bearing = _bearing(organs)
        picked = bearing & ((bearing.cumsum(dim=1) - 1) % self.stride == 0)
        chosen = picked.int().argsort(dim=1, descending=True, stable=True)[:, : self.frames]
        case = torch.arange(len(chosen), device=chosen.device)[:, None]
        seen = organs[case, chosen] & picked[case, chosen, None, None]  # (batch, frames, y, x)
        side = self.kernel
        return chosen, reduce(seen, "b p (y i) (x j) -> b (p y x)", "any", i=side, j=side)


@PROJECTORS.register("uniform_slowfast")
class UniformSlowFast(Projector):
    """SlowFast tokens of evenly spaced slices, without masks (LITA, the conventional form in MedRegion-CT's Tab. 2).

    Parameters
    ----------
    fast_slices : evenly spaced slices that give a fast token; all of them when null, as LITA does.
    slow_frames : evenly spaced slices that give slow tokens.
    kernel : side of the cells over which slow tokens are averaged.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        fast_slices: int | None = None,
        slow_frames: int = 4,  # LITA: s² frames, each pooled s×s, with s = 2
        kernel: int = 2,
    ) -> None:
        super().__init__(sources, width, masks)
        source, self.grid = patches_of(sources, "uniform_slowfast")
        self.kernel = kernel
        self.cells = divided(self.grid, (1, kernel, kernel), "uniform_slowfast")
        depth = self.grid[0]
        self.fast_slices = _evenly(depth, depth if fast_slices is None else fast_slices, "fast_slices")
        self.slow_slices = _evenly(depth, slow_frames, "slow_frames")
        self.connector = nn.Linear(source.channels, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """The same for every case."""
        _, height, width = self.cells
        return {"fast": len(self.fast_slices), "slow": len(self.slow_slices) * height * width}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Tokens of a batch."""
        slices = _slices(sources[0], self.grid)
        fast = reduce(slices[:, self.fast_slices], "b d h w c -> b d c", "mean")
        slow = _pooled(slices[:, self.slow_slices], self.kernel)
        return Tokens.all_of(self.connector(torch.cat([fast, slow], dim=1)))


def _slices(source: Features, grid: Grid) -> Float[Tensor, "batch slices y x channels"]:
    assert source.tokens is not None  # the constructors saw a patch grid
    depth, height, width = grid
    return rearrange(source.tokens, "b (d h w) c -> b d h w c", d=depth, h=height, w=width)


def _organs(masks: Masks) -> Bool[Tensor, "batch slices y x"]:
    """Patches of any region."""
    return (masks > 0).any(dim=1)


def _bearing(organs: Bool[Tensor, "batch slices y x"]) -> Bool[Tensor, "batch slices"]:
    """Slices that hold an organ."""
    return organs.flatten(2).any(dim=2)


def _pooled(slices: Float[Tensor, "batch frames y x channels"], kernel: int) -> Float[Tensor, "batch cells channels"]:
    """2-D average pooling whose stride is its kernel; all cells of all slices in one row."""
    return reduce(slices, "b p (y i) (x j) c -> b (p y x) c", "mean", i=kernel, j=kernel)


def _evenly(depth: int, count: int, option: str) -> list[int]:
    """The middle slices of ``count`` equal spans."""
    if not 1 <= count <= depth:
        raise BadInput(f"uniform_slowfast.{option}: {count} of {depth} slices cannot be taken", code="wrong-value")
    return [(2 * number + 1) * depth // (2 * count) for number in range(count)]
