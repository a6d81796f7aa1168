"""What passes between the boxes of a system: features from encoders, tokens from projectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Grid: TypeAlias = tuple[int, int, int]
"""Patches along (z, y, x)."""

ViewShape: TypeAlias = tuple[int, ...]
"""A view's shape without the batch axis: volume (1, D, H, W), slices (D, 3, H, W), masks (regions, d, h, w)."""


@dataclass(frozen=True)
class FeatureSpec:
    """What an encoder will give for a view, known before anything is computed.

    Parameters
    ----------
    channels : width of ``Features.tokens``, ``layers`` and ``pooled``.
    grid : patches along (z, y, x); slices count as z. ``None`` when there are no patch tokens.
    layers : numbers of the hidden layers that come along, counted from 1 (the output of the first block).
    slots : rows of ``Features.pooled``: 1 for a volume, the number of slices for a slice encoder, 0 for none.
    """

    channels: int
    grid: Grid | None = None
    layers: tuple[int, ...] = ()
    slots: int = 0

    @property
    def tokens(self) -> int:
        """Number of patch tokens."""
        if self.grid is None:
            return 0
        depth, height, width = self.grid
        return depth * height * width


@dataclass(frozen=True, eq=False)
class Features:
    """What an encoder saw.

    Parameters
    ----------
    grid : patches along (z, y, x), ``None`` when there are no patch tokens.
    tokens : patch tokens in (z, y, x) order, row-major.
    layers : hidden states of chosen layers, each like ``tokens``.
    pooled : embeddings: one of a volume, one of every slice, or a classifier's logits.
    scores : the 2E3 encoder's score of every patch, for display.
    """

    grid: Grid | None = None
    tokens: Float[Tensor, "batch patches channels"] | None = None
    layers: Mapping[int, Float[Tensor, "batch patches channels"]] = field(default_factory=dict)
    pooled: Float[Tensor, "batch slots channels"] | None = None
    scores: Float[Tensor, "batch patches"] | None = None


@dataclass(frozen=True)
class MaskSpec:
    """What a mask view will give: how many regions, on which patch grid."""

    regions: int
    grid: Grid


Masks: TypeAlias = Float[Tensor, "batch regions z y x"]
"""Share of every patch that each region fills, in [0, 1]; binary where the view says so."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """A stream: tokens in the language model's width. Cases may have different numbers, told by ``valid``.

    Parameters
    ----------
    values : the tokens, in the order in which the language model reads them.
    valid : which of them are there; the others are padding and never reach the language model.
    """

    values: Float[Tensor, "batch tokens width"]
    valid: Bool[Tensor, "batch tokens"]

    @classmethod
    def all_of(cls, values: Float[Tensor, "batch tokens width"]) -> Tokens:
        """A stream in which every token is there."""
        return cls(values, values.new_ones(values.shape[:2], dtype=torch.bool))
