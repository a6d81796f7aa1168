"""MedRegion-CT's mask-driven visual extractor: one token a region, from several layers, pooled under its mask."""

from __future__ import annotations

from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_positive, masks_on, patches_of
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("mask_pooling")
class MaskPooling(Projector):
    """t_r^l = Σ_v M_r(v) F^l(v) / (Σ_v M_r(v) + ε), then t_r = P(Σ_l P_l(t_r^l)) (MedRegion-CT §3.2, Eqs. 4 and 5).

    The layers are those that the source gives; a source without layers is taken as one layer, its tokens. A region
    without a voxel in the scan gives no valid token.

    Parameters
    ----------
    epsilon : ε of Eq. 4, whose value the paper's text lost; ours.
    hidden : width between P_l and P, which the paper leaves open; the encoder's when null.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        epsilon: float = 1e-6,
        hidden: int | None = None,
    ) -> None:
        super().__init__(sources, width, masks)
        source, grid = patches_of(sources, "mask_pooling")
        self.regions = masks_on(masks, grid, "mask_pooling").regions
        self.epsilon, self.layers = epsilon, source.layers
        if epsilon <= 0:
            raise BadInput(f"mask_pooling.epsilon: it must be above 0, got {epsilon}", code="wrong-value")
        hidden = source.channels if hidden is None else hidden
        check_positive("mask_pooling", hidden=hidden)
        self.layer_projections = nn.ModuleList(
            nn.Linear(source.channels, hidden) for _ in range(max(1, len(self.layers)))
        )
        self.projection = nn.Linear(hidden, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each region that is in the scan."""
        return {"regions": self.regions if masks is None else int((masks > 0).flatten(2).any(dim=2).sum())}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Region tokens of a batch, in the order of the masks, (batch, regions, z, y, x) in [0, 1]."""
        assert masks is not None and sources[0].tokens is not None  # the constructor saw masks and patches
        states = [sources[0].layers[number] for number in self.layers] or [sources[0].tokens]
        shares = masks.flatten(2)  # (batch, regions, patches)
        weights = shares / (shares.sum(dim=2, keepdim=True) + self.epsilon)
        fused = sum(
            project(weights.to(state.dtype) @ state)  # (batch, regions, hidden)
            for project, state in zip(self.layer_projections, states, strict=True)
        )
        return Tokens(self.projection(fused), (shares > 0).any(dim=2))
