"""The diagnostic prior of RAD3D-Prefix: a multi-label classifier whose logits, kept soft, join the prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.encoders.weights import fill, holds
from ctscribe.model.features import Features, FeatureSpec, ViewShape
from ctscribe.model.inner import inner_part


@ENCODERS.register("classifier")
class Classifier(Encoder):
    """An encoder of its own, ReLU, dropout and a linear layer: one logit an abnormality.

    RAD3D-Prefix (section 4.5) tunes the last layer of CT-CLIP's encoder and adds a classification layer, apart from the
    encoder that gives the image embedding; the head is that of CT-CLIP's own classifier, CT-LiPro.

    Parameters
    ----------
    shape, context : as the inner encoder takes them.
    encoder : the inner encoder, such as ``{type: ctvit}``, with its options; it must pool to one embedding.
    labels : 18 in CT-RATE, 21 in INSPECT (RAD3D-Prefix).
    dropout : before the linear layer [CT-LiPro's public code].

    Raises
    ------
    BadInput : the inner encoder is unknown, or gives no single embedding.
    """

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None,
        *,
        encoder: dict[str, Any],
        labels: int = 18,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        part, options = inner_part(ENCODERS, encoder, "encoder")
        self.encoder = part(shape, context, **options)
        channels = self._embedding_width(shape)
        self.labels = labels
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, labels)

    @property
    def last_layer(self) -> str:
        """Name, within this encoder, of the inner encoder's last layer: what a stage trains besides ``head``.

        Raises
        ------
        BadInput : the inner encoder does not say which layer is its last.
        """
        name = getattr(self.encoder, "last_layer", None)
        if name is None:
            raise BadInput(f"a {type(self.encoder).__name__} names no last layer", code="no-last-layer")
        return f"encoder.{name}"

    def spec(self, shape: ViewShape) -> FeatureSpec:
        """Logits in the place of an embedding."""
        self._embedding_width(shape)
        return FeatureSpec(self.labels, slots=1)

    def _embedding_width(self, shape: ViewShape) -> int:
        inner = self.encoder.spec(shape)
        if inner.slots != 1:
            raise BadInput(f"a classifier needs one embedding, its encoder gives {inner.slots}", code="no-embedding")
        return inner.channels

    def forward(self, view: Float[Tensor, "batch ..."], context: Features | None = None) -> Features:
        """The logits of every case, (batch, 1, labels) in ``pooled``."""
        embedding = self.encoder(view, context).pooled  # (batch, 1, channels)
        return Features(pooled=self.head(self.dropout(self.relu(embedding))))

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take a trained classifier's weights, or the inner encoder's alone to train a classifier from.

        A file with ``classifier.weight`` is CT-LiPro's: encoder and head are taken. With any other the head stays as
        it is.
        """
        self.encoder.load_weights(source, download=download)
        if Path(source).is_file() and holds(source, "classifier.weight"):
            fill(self.head, source, ("classifier.",))
