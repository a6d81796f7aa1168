"""HSENet's Spatial Packer: each local voxel of the patch grid becomes one token that has looked at its own cells."""

from __future__ import annotations

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ctscribe.model.attention import feed_forward
from ctscribe.model.features import Features, FeatureSpec, Grid, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_heads, divided, patches_of
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("spatial_packer")
class SpatialPacker(Projector):
    """Y = FFN(MHA(Q, K, V)) within each local voxel, then a two-layer MLP (HSENet, Eq. 6).

    A voxel's mean is its query (the low-resolution point); its cells are keys and values. As in the authors' code the
    feed-forward network is the MLP to the language width, after LayerNorm(W_q·mean + dropout(W_o·attention)).

    Parameters
    ----------
    grid : local voxels along (z, y, x), the paper's strides (S_d, S_h, S_w); each gives one token.
    heads : attention heads; the authors' code has one.
    dropout : of the attention's output; the rate is ours, the paper gives none.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        grid: tuple[int, int, int] = (8, 4, 4),  # HSENet §4, 128 tokens; Tab. 5 has 32, 64 and 256
        heads: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(sources, width, masks)
        source, patches = patches_of(sources, "spatial_packer")
        check_heads(source.channels, heads, "spatial_packer")
        self.points, self.heads = grid, heads
        self.cell = divided(patches, grid, "spatial_packer")
        self.query = nn.Linear(source.channels, source.channels)
        self.key_value = nn.Linear(source.channels, 2 * source.channels)
        self.output = nn.Linear(source.channels, source.channels)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(source.channels)
        self.mlp = feed_forward(source.channels, width, width)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each local voxel."""
        depth, height, width = self.points
        return {"points": depth * height * width}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Pack a batch of patch tokens."""
        tokens = sources[0].tokens
        assert tokens is not None  # the constructor saw a patch grid
        cells = split_into_cells(tokens, self.points, self.cell)  # (batch·points, cells, channels)
        point = self.query(cells.mean(dim=1, keepdim=True))  # (batch·points, 1, channels)
        q = rearrange(point, "n one (h c) -> n h one c", h=self.heads)
        k, v = rearrange(self.key_value(cells), "n m (two h c) -> two n h m c", two=2, h=self.heads)
        seen = rearrange(scaled_dot_product_attention(q, k, v), "n h one c -> n one (h c)")
        packed = self.mlp(self.norm(point + self.dropout(self.output(seen))))  # (batch·points, 1, width)
        return Tokens.all_of(rearrange(packed, "(b n) 1 t -> b n t", b=tokens.shape[0]))


def split_into_cells(
    tokens: Float[Tensor, "batch patches channels"], points: Grid, cell: Grid
) -> Float[Tensor, "voxels cells channels"]:
    """Patch tokens by local voxel, the voxels of all cases along the batch axis in (z, y, x) order."""
    (depth, height, width), (d, h, w) = points, cell
    return rearrange(
        tokens,
        "b (depth d height h width w) c -> (b depth height width) (d h w) c",
        depth=depth,
        height=height,
        width=width,
        d=d,
        h=h,
        w=w,
    )
