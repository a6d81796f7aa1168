"""Projectors that take every vector of their source by itself: one linear layer, or an MLP."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_positive, patches_of
from ctscribe.model.projectors.projector import PROJECTORS, Projector

Input = Literal["tokens", "pooled"]
"""What of its source a projector takes: the patch tokens, or the embeddings of volumes or slices."""


class EachVector(Projector):
    """A projector that makes one token of each vector of its source; children set ``layers``.

    Parameters
    ----------
    input : which vectors.
    name : what the part is called in pages, for messages.
    """

    layers: nn.Module

    def __init__(
        self, sources: tuple[FeatureSpec, ...], width: int, masks: MaskSpec | None, input: Input, name: str
    ) -> None:
        super().__init__(sources, width, masks)
        self.input = input
        if input == "tokens":
            patches_of(sources, name)
        elif len(sources) != 1 or sources[0].slots == 0:
            raise BadInput(f"{name}: it needs one source with a pooled embedding", code="no-pooled")
        self.channels = sources[0].channels

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """As many as the source has vectors."""
        source = self.sources[0]
        return {"patches": source.tokens} if self.input == "tokens" else {"embeddings": source.slots}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Project a batch."""
        vectors = sources[0].tokens if self.input == "tokens" else sources[0].pooled
        return Tokens.all_of(self.layers(vectors))


@PROJECTORS.register("linear")
class Linear(EachVector):
    """One linear layer: AMOS-MM's "linear" on patch tokens, R2GenGPT's mapper on a volume's embedding.

    Parameters
    ----------
    input : ``tokens`` or ``pooled``.
    norm : LayerNorm after it, as R2GenGPT has.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        input: Input = "tokens",
        norm: bool = False,
    ) -> None:
        super().__init__(sources, width, masks, input, "linear")
        linear = nn.Linear(self.channels, width)
        self.layers = nn.Sequential(linear, nn.LayerNorm(width)) if norm else linear


@PROJECTORS.register("mlp")
class MLP(EachVector):
    """Linear layers with GELU between them, as in LLaVA-1.5; on all high-resolution tokens it is HILT's ablation.

    Parameters
    ----------
    depth : linear layers; two in LLaVA-1.5, one to three in HILT's ablation (Fig. 8).
    hidden : width between them, the language model's by default.
    input : ``tokens`` or ``pooled``.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        depth: int = 2,
        hidden: int | None = None,
        input: Input = "tokens",
    ) -> None:
        super().__init__(sources, width, masks, input, "mlp")
        check_positive("mlp", depth=depth, hidden=width if hidden is None else hidden)
        self.layers = gelu_mlp(self.channels, width, depth, hidden)


def gelu_mlp(channels: int, width: int, depth: int, hidden: int | None = None) -> nn.Sequential:
    """``depth`` linear layers from ``channels`` to ``width`` with GELU between them."""
    hidden = width if hidden is None else hidden
    widths = [channels] + [hidden] * (depth - 1)
    layers: list[nn.Module] = []
    for given, made in pairwise(widths):
        layers += [nn.Linear(given, made), nn.GELU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], width))
