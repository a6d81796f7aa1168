"""Projectors with learned queries: BLIP-2's Q-Former and HILT's ablation of one cross-attention."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ctscribe.model.attention import Attention, feed_forward
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_heads, check_positive, patches_of
from ctscribe.model.projectors.linear import gelu_mlp
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("qformer")
class QFormer(Projector):
    """Learned queries that attend to each other and, in every second block, to the patches (BLIP-2, arXiv 2301.12597).

    The image half of BLIP-2's Q-Former: LayerNorm of the patch tokens, blocks of self-attention, cross-attention and
    MLP, a linear layer to the language width. The blocks are pre-norm here; BLIP-2's, from BERT, are post-norm.

    Parameters
    ----------
    queries : tokens given.
    depth : transformer blocks.
    heads : attention heads.
    hidden : width of the queries.
    cross_every : the first of so many blocks attends to the patches.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        queries: int = 32,  # this and the others: BLIP-2 §3.1
        depth: int = 12,
        heads: int = 12,
        hidden: int = 768,
        cross_every: int = 2,
    ) -> None:
        super().__init__(sources, width, masks)
        source, _ = patches_of(sources, "qformer")
        check_positive("qformer", queries=queries, depth=depth, hidden=hidden, cross_every=cross_every)
        check_heads(hidden, heads, "qformer")
        self.queries = initial_queries(queries, hidden)
        self.patch_norm = nn.LayerNorm(source.channels)
        self.blocks = nn.ModuleList(
            QueryBlock(hidden, heads, None if index % cross_every else source.channels) for index in range(depth)
        )
        self.norm = nn.LayerNorm(hidden)
        self.projection = nn.Linear(hidden, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each query."""
        return {"queries": len(self.queries)}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Query a batch."""
        patches = self.patch_norm(sources[0].tokens)
        queries = self.queries.expand(len(patches), -1, -1)  # (batch, queries, hidden)
        for block in self.blocks:
            queries = block(queries, patches)
        return Tokens.all_of(self.projection(self.norm(queries)))


class QueryBlock(nn.Module):
    """Self-attention of queries, cross-attention to patches of ``patch_width`` channels (or none), MLP; pre-norm."""

    def __init__(self, width: int, heads: int, patch_width: int | None) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = Attention(width, heads)
        self.crosses = patch_width is not None
        if self.crosses:
            self.cross_norm = nn.LayerNorm(width)
            self.cross_attention = Attention(width, heads, context_width=patch_width)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = feed_forward(width, 4 * width)

    def forward(
        self, queries: Float[Tensor, "batch queries width"], patches: Float[Tensor, "batch patches channels"]
    ) -> Float[Tensor, "batch queries width"]:
        """Update the queries."""
        queries = queries + self.self_attention(self.self_norm(queries))
        if self.crosses:
            queries = queries + self.cross_attention(self.cross_norm(queries), patches)
        return queries + self.mlp(self.mlp_norm(queries))


@PROJECTORS.register("random_query")
class RandomQuery(Projector):
    """HILT's ablation "randomly initialised queries" (§5.5, Tab. 3): Z = F(Q + attention(Q, Z_HR)), Q learned.

    Parameters
    ----------
    queries : tokens given.
    heads : attention heads.
    depth : linear layers of the projector F.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        queries: int = 64,  # HILT, Tab. 3
        heads: int = 12,  # ours: as its ViT-Base encoder
        depth: int = 2,  # HILT, Eq. 3
    ) -> None:
        super().__init__(sources, width, masks)
        source, _ = patches_of(sources, "random_query")
        check_positive("random_query", queries=queries, depth=depth)
        check_heads(source.channels, heads, "random_query")
        self.queries = initial_queries(queries, source.channels)
        self.attention = Attention(source.channels, heads)
        self.layers: nn.Module = gelu_mlp(source.channels, width, depth)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each query."""
        return {"queries": len(self.queries)}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Query a batch."""
        patches = sources[0].tokens
        assert patches is not None  # the constructor saw a patch grid
        queries = self.queries.expand(len(patches), -1, -1)  # (batch, queries, channels)
        return Tokens.all_of(self.layers(queries + self.attention(queries, patches)))


def initial_queries(queries: int, width: int) -> nn.Parameter:
    """Learned queries as BERT and BLIP-2 draw them: normal, standard deviation 0.02."""
    return nn.Parameter(nn.init.normal_(torch.empty(queries, width), std=0.02))
