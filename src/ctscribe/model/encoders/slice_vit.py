"""A 2-D vision transformer over the axial slices of a scan, a few slices at a time."""

from __future__ import annotations

from pathlib import Path

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS, Encoder
from ctscribe.model.encoders.image_tower import Pooled, build_tower, hidden_layers, load_tower
from ctscribe.model.features import Features, FeatureSpec, ViewShape


@ENCODERS.register("slice_vit")
class SliceViT(Encoder):
    """Any SigLIP, CLIP or ViT image tower of transformers, run on every slice.

    Patch tokens come in the order of slices, without class tokens. Slices are expected as the tower's own
    preprocessing gives them (mean and standard deviation are the view's affair). A view of another size than the tower
    was trained on gets bicubically interpolated position embeddings.

    Parameters
    ----------
    shape : (slices, 3, H, W).
    model : a name of ``architectures.yaml``, or a folder with the tower's (or the whole model's) ``config.json``.
    layers : layers whose outputs come along as ``Features.layers``, counted from 1.
    chunk : slices at a time, so that memory does not grow with the scan; ours, it changes no number.
    pooled : a slice's embedding: ``cls`` the class token after the last norm (CLIP, ViT; HSENet's V_2d), ``mean`` of
        its patch tokens, or ``head`` SigLIP's attention pooling.
    """

    def __init__(
        self,
        shape: ViewShape,
        context: FeatureSpec | None = None,
        *,
        model: str,
        layers: tuple[int, ...] = (),
        chunk: int = 16,
        pooled: Pooled = "mean",
    ) -> None:
        super().__init__()
        self.named_weights = None if model.startswith("ctscribe/") else model  # ours have no weights to fetch
        self.chosen_layers, self.chunk, self.pooled = layers, chunk, pooled
        self.tower = build_tower(model, pooled)
        if chunk < 1:
            raise BadInput(f"chunk {chunk}: at least one slice at a time", code="wrong-value")
        deepest = self.tower.config.num_hidden_layers
        if any(not 1 <= layer <= deepest for layer in layers):
            raise BadInput(f"layers {list(layers)}: {model} has 1 to {deepest}", code="no-such-layer")
        self.spec(shape)

    def spec(self, shape: ViewShape) -> FeatureSpec:
        if len(shape) != 4 or shape[1] != 3:
            raise BadInput(f"a slice_vit reads (slices, 3, H, W), the view is {shape}", code="view-shape")
        patch = self.tower.config.patch_size
        for axis, size in zip("yx", shape[2:], strict=True):
            if size < patch or size % patch:
                raise BadInput(
                    f"slices of {size} pixels along {axis} do not divide into patches of {patch}",
                    hint=f"the nearest that do have {max(1, round(size / patch)) * patch}",
                    code="view-shape",
                )
        return FeatureSpec(
            channels=self.tower.config.hidden_size,
            grid=(shape[0], shape[2] // patch, shape[3] // patch),
            layers=self.chosen_layers,
            slots=shape[0],
        )

    def forward(self, view: Float[Tensor, "batch slices 3 y x"], context: Features | None = None) -> Features:
        slices = rearrange(view, "b s c y x -> (b s) c y x")
        chunks = [self._encode(chunk) for chunk in slices.split(self.chunk)]

        def joined(parts: list[Tensor]) -> Tensor:
            return rearrange(torch.cat(parts), "(b s) n c -> b (s n) c", b=len(view))

        return Features(
            grid=self.spec(tuple(view.shape[1:])).grid,
            tokens=joined([tokens for tokens, _, _ in chunks]),
            layers={layer: joined([hidden[layer] for _, hidden, _ in chunks]) for layer in self.chosen_layers},
            pooled=joined([pooled for _, _, pooled in chunks]),
        )

    def _encode(self, slices: Float[Tensor, "slices 3 y x"]) -> tuple[Tensor, dict[int, Tensor], Tensor]:
        """Patch tokens and chosen layers (slices, patches, channels), and embeddings (slices, 1, channels)."""
        config = self.tower.config
        height, width = slices.shape[2:]
        resized = (height, width) != (config.image_size, config.image_size)
        with hidden_layers(self.tower, self.chosen_layers) as hidden:
            seen = self.tower(pixel_values=slices, interpolate_pos_encoding=resized)
        patches = (height // config.patch_size) * (width // config.patch_size)
        tokens = seen.last_hidden_state[:, -patches:]  # without the class token, which comes first
        if self.pooled == "mean":
            pooled = tokens.mean(dim=1)  # (slices, channels)
        else:
            pooled = seen.last_hidden_state[:, 0] if seen.pooler_output is None else seen.pooler_output
        return tokens, {layer: states[:, -patches:] for layer, states in hidden.items()}, pooled.unsqueeze(1)

    def load_weights(self, source: str | Path, *, download: bool = False) -> None:
        """Take the image tower's weights: a folder in transformers' form or in open_clip's (BiomedCLIP), or a name."""
        load_tower(self.tower, source, download=download)
