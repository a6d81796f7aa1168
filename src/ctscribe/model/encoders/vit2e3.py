"""HSENet's 2E3 encoder: slices tell a 3-D vision transformer which patches matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.attention import Attention
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.vit3d import ViT3d
from ctscribe.model.features import Features, FeatureSpec, ViewShape


class SliceScore(nn.Module):
    """One score in (0, 1) for every patch, from what the slices hold (HSENet, "2D-Enhanced 3D Vision Enhancing").

    S = FFN(MHA(q = V_p, k = V_2d, v = V_2d)), scores = sigmoid(MLP(S)). As the authors' code has it: the FFN is the
    attention's output projection, added to the projected query and normalised; the MLP is one linear map.
    """

    def __init__(self, width: int, slice_width: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads, context_width=slice_width)
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, 1)

    def forward(
        self, patches: Float[Tensor, "batch patches width"], slices: Float[Tensor, "batch slices slice_width"]
    ) -> Float[Tensor, "batch patches"]:
        """Score the patches of each case."""
        seen = self.norm(self.attention.query(patches) + self.attention(patches, slices))  # (batch, patches, width)
        return torch.sigmoid(self.score(seen)).squeeze(-1)


@ENCODERS.register("vit2e3")
class ViT2E3(ViT3d):
    """A ``vit3d`` whose patch embeddings are weighed by the slices before the first block: V_p^s = s ⊙ V_p.

    V_p holds the position embeddings (as in the authors' code), so a patch of score 0 loses its place too; the class
    token is not weighed. The scores come along as ``Features.scores``.

    Parameters
    ----------
    context : what the slice encoder gives; its ``pooled`` holds V_2d, one embedding a slice.
    score_heads : heads of the scoring attention; one in the authors' code.

    The other options are those of ``vit3d``.
    """

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None,
        *,
        patch: tuple[int, int, int] = (4, 16, 16),
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = False,
        cls: bool = True,
        layers: tuple[int, ...] = (),
        pooled: Literal["cls", "mean"] = "cls",
        score_heads: int = 1,
    ) -> None:
        super().__init__(
            shape,
            patch=patch,
            width=width,
            depth=depth,
            heads=heads,
            mlp_ratio=mlp_ratio,
            qkv_bias=qkv_bias,
            cls=cls,
            layers=layers,
            pooled=pooled,
        )
        if context is None or not context.slots:
            raise BadInput(
                "a vit2e3 scores patches by the embeddings of slices, and has none",
                hint="context: the name of a slice encoder",
                code="no-context",
            )
        if width % score_heads:
            raise BadInput(f"{score_heads} score_heads do not divide a width of {width}", code="wrong-value")
        self.slice_score = SliceScore(width, context.channels, score_heads)

    def forward(self, view: Float[Tensor, "batch channels z y x"], context: Features | None = None) -> Features:
        if context is None or context.pooled is None:
            raise BadInput("a vit2e3 needs the embeddings of slices with every view", code="no-context")
        grid = self._grid(tuple(view.shape[1:]))
        patches = self._embed(view, grid)  # (batch, patches, width)
        scores = self.slice_score(patches, context.pooled)
        return replace(self._transform(patches * scores.unsqueeze(-1), grid), scores=scores)
