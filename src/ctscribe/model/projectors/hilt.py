"""HILT: the tokens of a low-resolution view take what they need from those of the high-resolution view."""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_heads, check_positive, patches_of
from ctscribe.model.projectors.hilt_blocks import InformingBlocks
from ctscribe.model.projectors.linear import gelu_mlp
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("hilt")
class Hilt(Projector):
    """High-resolution informing low-resolution tokens: as many tokens as the low-resolution view has patches.

    Its sources are the low- and the high-resolution view's tokens, in this order. The order of the high-resolution
    tokens does not matter, and their number costs the language model nothing.

    Parameters
    ----------
    form : ``eq3``: Z = F(Q + softmax(QKᵀ) V) with Q = Z_LR, K = V = Z_HR and nothing learned but F (HILT, Eq. 3);
        ``blocks``: the public variant with learned attention (AMOS-MM design space, its code).
    scale : of ``eq3``: divide QKᵀ by √channels, which Eq. 3 does not.
    depth : linear layers of the projector F; one to three in the paper's Fig. 8.
    blocks, heads, mlp_hidden : of the form ``blocks``.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        form: Literal["eq3", "blocks"] = "eq3",
        scale: bool = False,
        depth: int = 2,  # HILT, §3.2
        blocks: int = 2,  # this and the next two: AMOS-MM design space, its code
        heads: int = 12,
        mlp_hidden: int = 3072,
    ) -> None:
        super().__init__(sources, width, masks)
        low = _low_of(sources)
        check_positive("hilt", depth=depth, blocks=blocks, mlp_hidden=mlp_hidden)
        self.informing: nn.Module
        if form == "eq3":
            self.informing = Informing(scale)
        else:
            check_heads(low.channels, heads, "hilt")
            self.informing = InformingBlocks(low.channels, blocks, heads, mlp_hidden)
        self.layers: nn.Module = gelu_mlp(low.channels, width, depth)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each low-resolution patch, whatever the high resolution."""
        return {"low": self.sources[0].tokens}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Inform and project a batch."""
        low, high = sources
        return Tokens.all_of(self.layers(self.informing(low.tokens, high.tokens)))


class Informing(nn.Module):
    """Q + softmax(QKᵀ) V with Q the low- and K = V the high-resolution tokens (HILT, Eq. 3 without F)."""

    def __init__(self, scale: bool) -> None:
        super().__init__()
        self.scale = scale

    def forward(
        self, low: Float[Tensor, "batch low channels"], high: Float[Tensor, "batch high channels"]
    ) -> Float[Tensor, "batch low channels"]:
        """Inform the low-resolution tokens."""
        q, kv = low[:, None], high[:, None]  # one head: (batch, 1, tokens, channels)
        return low + scaled_dot_product_attention(q, kv, kv, scale=None if self.scale else 1.0)[:, 0]


def _low_of(sources: tuple[FeatureSpec, ...]) -> FeatureSpec:
    if len(sources) != 2:
        raise BadInput(
            f"hilt: it needs two sources, and the stream names {len(sources)}",
            hint="name the low- and the high-resolution features under 'from', in this order",
            code="sources",
        )
    (low, _), (high, _) = (patches_of((source,), "hilt") for source in sources)
    if low.channels != high.channels:
        raise BadInput(
            f"hilt: its sources differ in width, {low.channels} and {high.channels}",
            hint="one encoder sees both views: give it 'views' instead of 'view'",
            code="sources",
        )
    return low
