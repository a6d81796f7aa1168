"""One projector shared by several volumes: AnyRes' crops and thumbnail, or a CT and its label map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from einops import rearrange
from torch import Tensor

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.inner import inner_part
from ctscribe.model.projectors.fitting import check_positive
from ctscribe.model.projectors.projector import PROJECTORS, Projector
from ctscribe.model.stacking import separate, separate_spec


@PROJECTORS.register("per_volume")
class PerVolume(Projector):
    """Projects every volume by itself with one inner projector and lines the tokens up (AMOS-MM design space, AnyRes).

    The volumes are those stacked along z in each source, as the encoder ``crops`` gives them, and those of several
    sources, such as the CT and the label map through one encoder; in this order.

    Parameters
    ----------
    projector : the inner projector and its options.
    volumes : stacked along z in each source.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        projector: Mapping[str, Any],
        volumes: int = 1,
    ) -> None:
        super().__init__(sources, width, masks)
        check_positive("per_volume", volumes=volumes)
        if any(source != sources[0] for source in sources):
            raise BadInput("per_volume: its sources differ, and one projector is to serve them all", code="sources")
        self.volumes = volumes
        part, options = inner_part(PROJECTORS, projector, "per_volume.projector")
        self.projector = part((separate_spec(sources[0], volumes),), width, None, **options)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """The inner projector's, once for every volume."""
        times = self.volumes * len(self.sources)
        return {kind: count * times for kind, count in self.projector.token_counts().items()}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Project a batch."""
        streams = [self.projector(separate(source, self.volumes)) for source in sources]
        return Tokens(
            torch.cat([_lined_up(stream.values, self.volumes) for stream in streams], dim=1),
            torch.cat([_lined_up(stream.valid, self.volumes) for stream in streams], dim=1),
        )


def _lined_up(tokens: Tensor, volumes: int) -> Tensor:
    return rearrange(tokens, "(b v) n ... -> b (v n) ...", v=volumes)
