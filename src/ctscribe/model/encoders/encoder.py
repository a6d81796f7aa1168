"""What every encoder is: a view goes in, features come out."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, ViewShape
from ctscribe.registry import Registry


class Encoder(nn.Module):
    """Turns views of one kind into features.

    A child's ``__init__`` takes ``(shape, context, *, …)``: the shape of its view (the largest, when it serves
    several), what its context encoder gives (``None`` for most), and its options, keyword-only, which a page's keys
    set.
    """

    named_weights: str | None = None
    """Public name of the weights that the options imply, such as a model on the Hugging Face hub."""

    def spec(self, shape: ViewShape) -> FeatureSpec:
        """What ``forward`` gives for a view of this shape.

        Raises
        ------
        BadInput : a view of this shape does not fit the encoder.
        """
        raise NotImplementedError

    def forward(self, view: Tensor, context: Features | None = None) -> Features:
        """Encode a batch of views, (batch, *shape)."""
        raise NotImplementedError

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take pretrained weights: safetensors with the public checkpoint's key names.

        Raises
        ------
        BadInput : the file is missing, is not safetensors, or belongs to another architecture.
        """
        raise BadInput(f"a {type(self).__name__} has no public weights to load", code="no-weights")


ENCODERS: Registry[type[Encoder]] = Registry("encoder")
