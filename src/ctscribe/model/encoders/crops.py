"""AnyRes: one encoder sees every crop of a volume, and its thumbnail, as a volume of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.features import Features, FeatureSpec, ViewShape
from ctscribe.model.inner import inner_part
from ctscribe.model.stacking import stack, stacked_spec


@ENCODERS.register("crops")
class CropsEncoder(Encoder):
    """Runs an inner encoder on each crop (AMOS-MM design space, AnyRes).

    Features are stacked: the patch grids along z, the embeddings along the slots, crops in the view's order. The
    projector ``per_volume`` takes them apart again; ``linear``, ``mlp`` and ``spatial_pooling`` need not.

    Parameters
    ----------
    encoder : the inner encoder and its options.
    """

    def __init__(self, shape: ViewShape, context: FeatureSpec | None, *, encoder: Mapping[str, Any]) -> None:
        super().__init__()
        if context is not None:
            raise BadInput("crops: it takes no context", hint="drop the encoder's 'context'", code="context")
        part, options = inner_part(ENCODERS, encoder, "crops.encoder")
        self.encoder = part(_one_crop(shape), None, **options)
        self.named_weights = self.encoder.named_weights

    def spec(self, shape: ViewShape) -> FeatureSpec:
        """What all crops of a view (crops, 1, z, y, x) give together."""
        return stacked_spec(self.encoder.spec(_one_crop(shape)), shape[0])

    def forward(self, view: Float[Tensor, "batch crops 1 z y x"], context: Features | None = None) -> Features:
        """Encode every crop of a batch."""
        return stack(self.encoder(view.flatten(0, 1)), view.shape[1])

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take the inner encoder's pretrained weights."""
        self.encoder.load_weights(source, download=download)


def _one_crop(shape: ViewShape) -> ViewShape:
    if len(shape) != 5:
        raise BadInput(
            f"crops: its view has the shape {list(shape)}, not (crops, 1, z, y, x)",
            hint="give it a view of type crops",
            code="view-shape",
        )
    return shape[1:]
