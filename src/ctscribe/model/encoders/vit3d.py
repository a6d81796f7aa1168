"""A vision transformer over the patches of a volume."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ctscribe.errors import BadInput
from ctscribe.model.attention import Block
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.encoders.monai_keys import from_monai
from ctscribe.model.encoders.public_weights import put_weights, read_weights
from ctscribe.model.features import Features, FeatureSpec, Grid, ViewShape


@ENCODERS.register("vit3d")
class ViT3d(Encoder):
    """3-D ViT: M3D's and HSENet's with the defaults, HILT's with ``patch: [16, 32, 32]`` and ``cls: false``.

    Position embeddings are learned on the patch grid of ``shape`` and trilinearly interpolated for a view of another
    size (HILT: sized for the high resolution, interpolated for the low one). The class token has none.

    Parameters
    ----------
    shape : (channels, D, H, W) of the largest view.
    patch : voxels of a patch along (z, y, x).
    width, depth, heads, mlp_ratio : of the transformer; ViT-Base by default.
    qkv_bias : whether query, key and value projections have a bias; M3D's and HSENet's have none.
    cls : whether a class token goes along.
    layers : blocks whose outputs come along as ``Features.layers``, counted from 1.
    pooled : the volume's one embedding: the class token or the mean of the patch tokens, after the last norm.
    """

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None = None,
        *,
        patch: tuple[int, int, int] = (4, 16, 16),
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = False,
        cls: bool = True,
        layers: tuple[int, ...] = (),
        pooled: Literal["cls", "mean"] = "cls",
    ) -> None:
        super().__init__()
        if pooled == "cls" and not cls:
            raise BadInput("a vit3d without a class token cannot pool by it", hint="pooled: mean", code="wrong-value")
        if any(not 1 <= layer <= depth for layer in layers):
            raise BadInput(f"layers {list(layers)}: a vit3d of depth {depth} has 1 to {depth}", code="no-such-layer")
        if width % heads:
            raise BadInput(f"{heads} heads do not divide a width of {width}", code="wrong-value")
        self.channels, self.width, self.patch = shape[0], width, patch
        self.chosen_layers, self.pooled = layers, pooled
        self.grid = self._grid(shape)
        self.patches = nn.Linear(self.channels * patch[0] * patch[1] * patch[2], width)
        self.position = nn.Parameter(torch.zeros(1, self.spec(shape).tokens, width))
        nn.init.trunc_normal_(self.position, std=0.02)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width)) if cls else None
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio=mlp_ratio, input_bias=qkv_bias) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def spec(self, shape: ViewShape) -> FeatureSpec:
        return FeatureSpec(channels=self.width, grid=self._grid(shape), layers=self.chosen_layers, slots=1)

    def forward(self, view: Float[Tensor, "batch channels z y x"], context: Features | None = None) -> Features:
        grid = self._grid(tuple(view.shape[1:]))
        return self._transform(self._embed(view, grid), grid)

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take the vision tower of M3D-CLIP, or of a checkpoint with the same (MONAI's) key names, in safetensors."""
        put_weights(self, from_monai(read_weights(source, download=download)), source)

    def _grid(self, shape: ViewShape) -> Grid:
        if len(shape) != 4 or shape[0] != self.channels:
            raise BadInput(f"a vit3d reads ({self.channels}, D, H, W), the view is {shape}", code="view-shape")
        for axis, size, patch in zip("zyx", shape[1:], self.patch, strict=True):
            if size < patch or size % patch:
                raise BadInput(
                    f"a view of {size} voxels along {axis} does not divide into patches of {patch}",
                    hint=f"the nearest that does is {max(1, round(size / patch)) * patch}",
                    code="view-shape",
                )
        depth, height, width = (size // patch for size, patch in zip(shape[1:], self.patch, strict=True))
        return depth, height, width

    def _embed(self, view: Tensor, grid: Grid) -> Tensor:
        """Patch embeddings with their positions: (batch, patches, width)."""
        # A linear map of each block of voxels: a strided Conv3d's numbers, in the layout of M3D-CLIP's weights.
        z, y, x = self.patch
        blocks = rearrange(view, "b c (d z) (h y) (w x) -> b (d h w) (z y x c)", z=z, y=y, x=x)
        return self.patches(blocks) + self.position_on(grid)

    def position_on(self, grid: Grid) -> Float[Tensor, "1 patches width"]:
        """Position embeddings on a patch grid; on the native one, as they are."""
        if grid == self.grid:
            return self.position
        depth, height, width = self.grid
        native = rearrange(self.position, "1 (d h w) c -> 1 c d h w", d=depth, h=height, w=width)
        return rearrange(interpolate(native, size=grid, mode="trilinear"), "1 c d h w -> 1 (d h w) c")

    def _transform(self, x: Tensor, grid: Grid) -> Features:
        """Patch embeddings through the blocks."""
        leading = 0
        if self.cls_token is not None:
            x, leading = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1), 1  # (batch, 1 + patches, width)
        hidden = {}
        for number, block in enumerate(self.blocks, start=1):
            x = block(x)
            if number in self.chosen_layers:
                hidden[number] = x[:, leading:]
        x = self.norm(x)
        tokens = x[:, leading:]  # (batch, patches, width)
        pooled = x[:, :1] if self.pooled == "cls" else tokens.mean(dim=1, keepdim=True)  # (batch, 1, width)
        return Features(grid=grid, tokens=tokens, layers=hidden, pooled=pooled)
