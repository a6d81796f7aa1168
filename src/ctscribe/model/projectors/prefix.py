"""RAD3D-Prefix's projection network: embeddings and a classifier's logits become a prefix of the language model."""

from __future__ import annotations

from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.attention import Block
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_heads, check_positive
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("prefix")
class Prefix(Projector):
    """The anomaly-aware prefix (RAD3D-Prefix §3.3) in ClipCap's form, which gives the published parameter counts.

    u = [v ; c], the pooled embeddings of all sources side by side; one linear layer turns u into ``length`` structured
    tokens. The transformer mapper appends ``length`` learned constants and returns its outputs at their positions; the
    linear mapper returns the structured tokens themselves (Tab. 8, "linear+prefix").

    Parameters
    ----------
    length : tokens of the prefix, k in the paper.
    layers, heads, mlp_ratio : of the transformer; pre-norm blocks with ReLU, q, k and v without bias.
    mapper : how u becomes the prefix.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        length: int = 10,  # RAD3D-Prefix, supplement: 2, 5, 7, 10 and 14 compared
        layers: int = 8,  # RAD3D-Prefix, supplement: 2, 4, 8 and 16 compared
        mapper: Literal["transformer", "linear"] = "transformer",
        heads: int = 8,  # heads and ratio: ClipCap; the ratio is the one that fits the published counts
        mlp_ratio: float = 2.0,
    ) -> None:
        super().__init__(sources, width, masks)
        if any(source.slots != 1 for source in sources):
            raise BadInput(
                "prefix: every source must give one embedding a scan",
                hint="name encoders with a pooled embedding or logits under the stream's 'from'",
                code="no-embedding",
            )
        check_positive("prefix", length=length, layers=layers)
        self.length = length
        self.structured = nn.Linear(sum(source.channels for source in sources), length * width)
        self.transformer: PrefixTransformer | None = None
        if mapper == "transformer":
            check_heads(width, heads, "prefix")
            self.transformer = PrefixTransformer(width, length, layers, heads, mlp_ratio)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """The same for every case."""
        return {"prefix": self.length}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """The prefixes of a batch."""
        u = torch.cat([_embedding(source) for source in sources], dim=1)  # (batch, Σ channels)
        tokens = rearrange(self.structured(u), "b (k t) -> b k t", k=self.length)
        return Tokens.all_of(tokens if self.transformer is None else self.transformer(tokens))


class PrefixTransformer(nn.Module):
    """Self-attention over structured tokens and learned constants; what the constants became is the prefix."""

    def __init__(self, width: int, length: int, layers: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.constants = nn.Parameter(torch.randn(length, width))
        self.blocks = nn.Sequential(
            *(Block(width, heads, mlp_ratio=mlp_ratio, activation="relu", input_bias=False) for _ in range(layers))
        )

    def forward(self, structured: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch constants width"]:
        """Let the constants collect what the structured tokens hold."""
        constants = self.constants.expand(len(structured), -1, -1)
        mixed = self.blocks(torch.cat([structured, constants], dim=1))  # (batch, tokens + constants, width)
        return mixed[:, structured.shape[1] :]


def _embedding(source: Features) -> Float[Tensor, "batch channels"]:
    assert source.pooled is not None  # the constructor saw that every source gives one
    return source.pooled[:, 0]
