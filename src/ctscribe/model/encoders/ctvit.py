"""CT-CLIP's image tower: patches that attend in each slab of slices, then along z, quantised and pooled to a latent.

CT-CLIP (Hamamci et al., "Developing generalist foundation models from a multimodal dataset for 3D computed
tomography"), on the CT-ViT of GenerateCT; the image encoder of RAD3D-Prefix (section 3). The wiring is that of the
public code, whose checkpoint ``CT-CLIP_v2`` these key names and defaults fit.
"""

from __future__ import annotations

from pathlib import Path

from einops import rearrange
from einops.layers.torch import Rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from ctscribe.errors import BadInput
from ctscribe.model.encoders.ctvit_blocks import AxisTransformer, OffsetBias, Quantiser
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.encoders.weights import fill
from ctscribe.model.features import Features, FeatureSpec, Grid, ViewShape


class CTViTTower(nn.Module):
    """Volume → quantised tokens; the ``visual_transformer`` of the public checkpoint, without its decoder.

    CT-CLIP was trained on arrays whose axes are (z, x, y): its rows h run along x and its columns w along y.
    """

    def __init__(
        self,
        width: int,
        *,
        patch: int,
        temporal_patch: int,
        spatial_depth: int,
        temporal_depth: int,
        heads: int,
        head_width: int,
        codes: int,
    ) -> None:
        super().__init__()
        voxels = temporal_patch * patch**2
        self.spatial_rel_pos_bias = OffsetBias(width, heads)
        self.to_patch_emb = nn.Sequential(
            Rearrange("b 1 (t pt) (w py) (h px) -> b t h w (pt px py)", pt=temporal_patch, py=patch, px=patch),
            nn.LayerNorm(voxels),
            nn.Linear(voxels, width),
            nn.LayerNorm(width),
        )
        self.enc_spatial_transformer = AxisTransformer(width, spatial_depth, heads, head_width)
        self.enc_temporal_transformer = AxisTransformer(width, temporal_depth, heads, head_width)
        self.vq = Quantiser(codes, width)

    def forward(self, volume: Float[Tensor, "batch 1 z y x"]) -> Float[Tensor, "batch t h w width"]:
        """Encode and quantise; h is along x, w along y."""
        tokens = self.to_patch_emb(volume)
        batch, t, h, w, _ = tokens.shape
        video = (batch, t, h, w)
        slabs = rearrange(tokens, "b t h w c -> (b t) (h w) c")
        slabs = self.enc_spatial_transformer(slabs, video, self.spatial_rel_pos_bias(h, w))
        columns = rearrange(slabs, "(b t) (h w) c -> (b h w) t c", b=batch, h=h)
        columns = self.enc_temporal_transformer(columns, video)
        return self.vq(rearrange(columns, "(b h w) t c -> b t h w c", b=batch, h=h))


@ENCODERS.register("ctvit")
class CTViT(Encoder):
    """CT-CLIP's image tower with its projection to the latent.

    Defaults are those of CT-CLIP, whose volumes are 240 × 480 × 480 voxels of 1.5 × 0.75 × 0.75 mm, HU / 1000 within
    ±1: 24 × 24 × 24 tokens, averaged along z, flattened and projected to a unit vector.

    Parameters
    ----------
    shape : (1, D, H, W), axes (z, y, x) toward Superior, Posterior, Left.
    dim : width of the tokens.
    patch, temporal_patch : voxels of a patch along y and x, and along z.
    spatial_depth, temporal_depth : layers within slabs of slices, and along z.
    dim_head, heads : attention heads and their width.
    latent : width of the embedding; ``dim`` or nothing, for an encoder that gives tokens alone.
    codebook : number of code vectors.

    Raises
    ------
    BadInput : patches do not divide the view, or the latent is not as wide as the tokens.
    """

    last_layer = "to_visual_latent"
    """Name of the layer that a classifier tunes (RAD3D-Prefix, section 4.5)."""

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None,
        *,
        dim: int = 512,
        patch: int = 20,
        temporal_patch: int = 10,
        spatial_depth: int = 4,
        temporal_depth: int = 4,
        dim_head: int = 32,
        heads: int = 8,
        latent: int | None = 512,
        codebook: int = 8192,
    ) -> None:
        super().__init__()
        if latent not in (None, dim):
            raise BadInput(f"latent {latent} is not dim {dim}: features have one width", code="wrong-value")
        self.dim, self.patch, self.temporal_patch = dim, patch, temporal_patch
        _, rows, columns = self._grid(shape)
        self._plane = (rows, columns)
        self.visual_transformer = CTViTTower(
            dim,
            patch=patch,
            temporal_patch=temporal_patch,
            spatial_depth=spatial_depth,
            temporal_depth=temporal_depth,
            heads=heads,
            head_width=dim_head,
            codes=codebook,
        )
        self.to_visual_latent = None if latent is None else nn.Linear(rows * columns * dim, latent, bias=False)

    def spec(self, shape: ViewShape) -> FeatureSpec:
        """Tokens, and one embedding unless ``latent`` is nothing."""
        _, rows, columns = grid = self._grid(shape)
        if self.to_visual_latent is None:
            return FeatureSpec(self.dim, grid)
        if (rows, columns) != self._plane:
            wanted = " × ".join(str(count * self.patch) for count in self._plane)
            raise BadInput(f"the latent needs slices of {wanted}, not {shape[2]} × {shape[3]}", code="view-shape")
        return FeatureSpec(self.dim, grid, slots=1)

    def _grid(self, shape: ViewShape) -> Grid:
        if len(shape) != 4 or shape[0] != 1:
            raise BadInput(f"a CTViT needs a volume [1, D, H, W], not {list(shape)}", code="view-shape")
        steps = (self.temporal_patch, self.patch, self.patch)
        for axis, size, step in zip("DHW", shape[1:], steps, strict=True):
            if step < 1 or size % step:
                raise BadInput(f"{axis} = {size} is not a multiple of the patch, {step}", code="view-shape")
        depth, rows, columns = (size // step for size, step in zip(shape[1:], steps, strict=True))
        return depth, rows, columns

    def forward(self, view: Float[Tensor, "batch 1 z y x"], context: Features | None = None) -> Features:
        """Encode volumes whose intensities are HU / 1000 within ±1."""
        tokens = self.visual_transformer(view)  # (batch, z, x, y, dim)
        _, depth, columns, rows, _ = tokens.shape
        pooled = None
        if self.to_visual_latent is not None:
            slab = tokens.mean(dim=1).flatten(1)  # (batch, x·y·dim)
            pooled = normalize(self.to_visual_latent(slab), dim=-1)[:, None]
        patches = rearrange(tokens, "b z x y c -> b (z y x) c")
        return Features(grid=(depth, rows, columns), tokens=patches, pooled=pooled)

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take CT-CLIP's weights, a safetensors file with the key names of ``CT-CLIP_v2.pt``.

        Its text tower, decoder and training losses are not needed and not read.
        """
        fill(self, source, ("", "module.", "trained_model."))
