"""Rows of embeddings, one a case, of different lengths: padded, labelled, and what is attended to beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ctscribe.model.features import Tokens

IGNORED = -100
"""Label of a position that carries no loss."""


def padded(
    rows: Sequence[Float[Tensor, "_ width"]], side: Literal["left", "right"]
) -> tuple[Float[Tensor, "batch length width"], Bool[Tensor, "batch length"]]:
    """Rows with zeros at one side, and where there is something: right for training, left for generation."""
    attention = [torch.ones(len(row), dtype=torch.bool, device=row.device) for row in rows]
    return (
        pad_sequence(list(rows), batch_first=True, padding_side=side),
        pad_sequence(attention, batch_first=True, padding_side=side),
    )


def labels_of(
    rows: Sequence[Float[Tensor, "_ width"]], references: Sequence[Int64[Tensor, " _"]]
) -> Int64[Tensor, "batch length"]:
    """Labels of prompts followed by reports: report tokens are their own labels, everything else carries no loss."""
    labels = [
        torch.cat([reference.new_full((len(row),), IGNORED), reference])
        for row, reference in zip(rows, references, strict=True)
    ]
    return pad_sequence(labels, batch_first=True, padding_value=IGNORED)


def attended(memory: Tokens | None, *, masked: bool = True) -> dict[str, Any]:
    """The arguments with which a cross-attending decoder of transformers sees a stream; none for other decoders.

    Without ``masked`` every token of the stream is seen.
    """
    if memory is None:
        return {}
    mask = {"encoder_attention_mask": memory.valid.long()} if masked else {}
    return {"encoder_hidden_states": memory.values, **mask}
