"""AMOS-MM's token-axis MLP: tokens are mixed along the token axis into fewer."""

from __future__ import annotations

from torch import nn

from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_positive, patches_of
from ctscribe.model.projectors.linear import gelu_mlp
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("token_axis")
class TokenAxis(Projector):
    """A linear layer to the language width, then an MLP across tokens (AMOS-MM design space, its code).

    Parameters
    ----------
    tokens : tokens given.
    depth : linear layers along the token axis.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        tokens: int = 256,  # this and the next: AMOS-MM design space, its code
        depth: int = 3,
    ) -> None:
        super().__init__(sources, width, masks)
        source, _ = patches_of(sources, "token_axis")
        check_positive("token_axis", tokens=tokens, depth=depth)
        self.tokens = tokens
        self.channels = nn.Linear(source.channels, width)
        self.mixing: nn.Module = gelu_mlp(source.tokens, tokens, depth)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """A fixed number."""
        return {"mixed": self.tokens}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Project and mix a batch."""
        projected = self.channels(sources[0].tokens)  # (batch, patches, width)
        mixed = self.mixing(projected.transpose(1, 2))  # (batch, width, tokens)
        return Tokens.all_of(mixed.transpose(1, 2))
