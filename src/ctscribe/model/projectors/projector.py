"""What every projector is: features go in, tokens in the language model's width come out."""

from __future__ import annotations

from torch import nn

from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.registry import Registry


class Projector(nn.Module):
    """Turns features into one stream of tokens.

    A child's ``__init__`` takes ``(sources, width, masks, *, …)``: what the encoders give, in the order of the stream's
    ``from``; the language model's width; what the stream's mask view gives (``None`` without one); and its options,
    keyword-only, which a page's keys set. It raises ``BadInput`` when the sources or the masks do not fit it.
    """

    def __init__(self, sources: tuple[FeatureSpec, ...], width: int, masks: MaskSpec | None) -> None:
        super().__init__()
        self.sources, self.width, self.masks = sources, width, masks

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """Tokens by kind, such as ``{"fast": 128, "slow": 4096}``.

        Parameters
        ----------
        masks : one case's masks (batch of 1); without them the largest possible counts.
        """
        raise NotImplementedError

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Project a batch."""
        raise NotImplementedError


PROJECTORS: Registry[type[Projector]] = Registry("projector")
