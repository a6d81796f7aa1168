"""AMOS-MM's TokenPacker-3D: a coarse grid of queries takes detail from the several-level features of its own cells."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import nn
from torch.nn.functional import interpolate, scaled_dot_product_attention

from ctscribe.model.attention import feed_forward
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_heads, divided, patches_of
from ctscribe.model.projectors.projector import PROJECTORS, Projector
from ctscribe.model.projectors.spatial_packer import split_into_cells


@PROJECTORS.register("token_packer")
class TokenPacker(Projector):
    """Region-to-point injection in three dimensions (TokenPacker, arXiv 2407.02392; AMOS-MM design space, its code).

    Queries are the patch tokens interpolated to a grid ``stride`` times coarser; each attends to the cells that it
    stands for, whose keys and values come from the source's hidden layers side by side, or from its tokens when it
    gives no layers. A two-layer MLP leads to the language width.

    Parameters
    ----------
    stride : patches along (z, y, x) that share a query; 2 gives 8 keys a query and 256 queries of 8×16×16 patches.
    hidden : width of queries, keys and values.
    heads : attention heads.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        stride: tuple[int, int, int] = (2, 2, 2),  # this and the next two: AMOS-MM design space, its code
        hidden: int = 1024,
        heads: int = 8,
    ) -> None:
        super().__init__(sources, width, masks)
        source, self.patches = patches_of(sources, "token_packer")
        check_heads(hidden, heads, "token_packer")
        self.cell, self.heads = stride, heads
        self.points = divided(self.patches, stride, "token_packer")
        levels = source.channels * max(1, len(source.layers))
        self.query = nn.Sequential(
            nn.Linear(source.channels, hidden, bias=False), nn.LayerNorm(hidden), nn.Linear(hidden, hidden)
        )
        self.key = nn.Sequential(feed_forward(levels, hidden, hidden), nn.LayerNorm(hidden), nn.Linear(hidden, hidden))
        self.value = nn.Sequential(
            feed_forward(levels, hidden, hidden), nn.LayerNorm(hidden), nn.Linear(hidden, hidden)
        )
        self.output = nn.Linear(hidden, hidden)
        self.mlp = feed_forward(hidden, width, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each cell of the coarse grid."""
        depth, height, width = self.points
        return {"points": depth * height * width}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Pack a batch of patch tokens."""
        source = sources[0]
        tokens = source.tokens
        assert tokens is not None  # the constructor saw a patch grid
        layers = [source.layers[number] for number in self.sources[0].layers]
        cells = split_into_cells(torch.cat(layers or [tokens], dim=2), self.points, self.cell)  # (batch·points, 8, Σc)
        depth, height, width = self.patches
        volume = rearrange(tokens, "b (d h w) c -> b c d h w", d=depth, h=height, w=width)
        coarse = interpolate(volume, size=self.points, mode="trilinear", align_corners=False)
        points = rearrange(coarse, "b c d h w -> (b d h w) 1 c")
        q, k, v = (
            rearrange(projected, "n m (h c) -> n h m c", h=self.heads)
            for projected in (self.query(points), self.key(cells), self.value(cells))
        )
        seen = rearrange(scaled_dot_product_attention(q, k, v), "n h one c -> n one (h c)")
        packed = self.mlp(self.output(seen))  # (batch·points, 1, width)
        return Tokens.all_of(rearrange(packed, "(b n) 1 t -> b n t", b=tokens.shape[0]))
