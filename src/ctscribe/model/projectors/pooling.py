"""Patch tokens averaged in runs, in boxes of the patch grid, or within each slice, then an MLP."""

from __future__ import annotations

from einops import rearrange
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Grid, Masks, MaskSpec, Tokens
from ctscribe.model.projectors.fitting import check_positive, divided, patches_of
from ctscribe.model.projectors.linear import gelu_mlp
from ctscribe.model.projectors.projector import PROJECTORS, Projector


@PROJECTORS.register("sequence_pooling")
class SequencePooling(Projector):
    """Runs of consecutive patch tokens averaged, then an MLP (M3D; compared in HSENet, Tab. 2b).

    Parameters
    ----------
    tokens : how many runs; must divide the number of patches.
    depth : linear layers of the MLP.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        tokens: int = 256,  # M3D: 2048 patches in runs of 8
        depth: int = 2,  # M3D
    ) -> None:
        super().__init__(sources, width, masks)
        source, _ = patches_of(sources, "sequence_pooling")
        check_positive("sequence_pooling", tokens=tokens, depth=depth)
        if source.tokens % tokens:
            raise BadInput(
                f"sequence_pooling.tokens: {source.tokens} patches do not fall into {tokens} equal runs", code="grid"
            )
        self.tokens = tokens
        self.layers: nn.Module = gelu_mlp(source.channels, width, depth)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each run."""
        return {"runs": self.tokens}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Pool and project a batch."""
        tokens = sources[0].tokens
        assert tokens is not None  # the constructor saw a patch grid
        runs = rearrange(tokens, "b (runs n) c -> b runs n c", runs=self.tokens)
        return Tokens.all_of(self.layers(runs.mean(dim=2)))  # (batch, runs, width)


class BoxPooling(Projector):
    """Boxes of the patch grid averaged, then an MLP.

    Parameters
    ----------
    kernel : patches along (z, y, x) that make one token.
    depth : linear layers of the MLP.
    name : what the part is called in pages, for messages.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        kernel: Grid,
        depth: int,
        name: str,
    ) -> None:
        super().__init__(sources, width, masks)
        source, grid = patches_of(sources, name)
        check_positive(name, depth=depth)
        self.kernel = kernel
        self.grid = divided(grid, kernel, name)
        self.layers: nn.Module = gelu_mlp(source.channels, width, depth)

    def token_counts(self, masks: Masks | None = None) -> dict[str, int]:
        """One token of each box."""
        depth, height, width = self.grid
        return {"boxes": depth * height * width}

    def forward(self, *sources: Features, masks: Masks | None = None) -> Tokens:
        """Pool and project a batch."""
        tokens = sources[0].tokens
        assert tokens is not None  # the constructor saw a patch grid
        (depth, height, _), (d, h, w) = self.grid, self.kernel
        boxes = rearrange(
            tokens, "b (depth d height h width w) c -> b (depth height width) (d h w) c",
            depth=depth, height=height, d=d, h=h, w=w,
        )  # fmt: skip
        return Tokens.all_of(self.layers(boxes.mean(dim=2)))  # (batch, boxes, width)


@PROJECTORS.register("spatial_pooling")
class SpatialPooling(BoxPooling):
    """Boxes of the volume's patch grid (M3D; AMOS-MM design space; compared in HSENet, Tab. 2b).

    Parameters
    ----------
    kernel : patches along (z, y, x) that make one token.
    depth : linear layers of the MLP.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        kernel: tuple[int, int, int] = (2, 2, 2),  # M3D: a grid of 8×16×16 becomes 4×8×8, 256 tokens
        depth: int = 2,  # M3D
    ) -> None:
        super().__init__(sources, width, masks, kernel, depth, "spatial_pooling")


@PROJECTORS.register("slice_pooling")
class SlicePooling(BoxPooling):
    """Squares of each slice's patches, no slice seeing another: LLaVA-1.5's two-layer MLP over slices.

    Parameters
    ----------
    kernel : patches along y and along x that make one token; ours, LLaVA-1.5 keeps them all.
    depth : linear layers of the MLP.
    """

    def __init__(
        self,
        sources: tuple[FeatureSpec, ...],
        width: int,
        masks: MaskSpec | None,
        *,
        kernel: int = 2,
        depth: int = 2,  # LLaVA-1.5
    ) -> None:
        super().__init__(sources, width, masks, (1, kernel, kernel), depth, "slice_pooling")
