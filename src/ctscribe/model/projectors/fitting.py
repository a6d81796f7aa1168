"""Whether a stream's sources, masks and options fit its projector, told in one line when they do not."""

from __future__ import annotations

from ctscribe.errors import BadInput
from ctscribe.model.features import FeatureSpec, Grid, MaskSpec


def patches_of(sources: tuple[FeatureSpec, ...], projector: str) -> tuple[FeatureSpec, Grid]:
    """The only source of a projector of patch tokens, and its patch grid.

    Raises
    ------
    BadInput : there are several sources, or the one gives no patch tokens.
    """
    if len(sources) != 1:
        raise BadInput(f"{projector}: it projects one source, and the stream names {len(sources)}", code="sources")
    source = sources[0]
    if source.grid is None:
        raise BadInput(
            f"{projector}: its source gives no patch tokens",
            hint="name an encoder with patch tokens under the stream's 'from'",
            code="no-patches",
        )
    return source, source.grid


def divided(grid: Grid, by: Grid, projector: str) -> Grid:
    """A patch grid divided along (z, y, x).

    Raises
    ------
    BadInput : it leaves a remainder.
    """
    if any(part < 1 or size % part for size, part in zip(grid, by, strict=True)):
        raise BadInput(
            f"{projector}: a patch grid of {_written(grid)} cannot be divided by {_written(by)}",
            hint="along each axis the number must divide the number of patches",
            code="grid",
        )
    depth, height, width = (size // part for size, part in zip(grid, by, strict=True))
    return depth, height, width


def masks_on(masks: MaskSpec | None, grid: Grid, projector: str) -> MaskSpec:
    """The stream's masks.

    Raises
    ------
    BadInput : the stream has none, or they lie on another grid than the patches.
    """
    if masks is None:
        raise BadInput(
            f"{projector}: it needs masks", hint="name a region_masks view as the stream's 'masks'", code="no-masks"
        )
    if masks.grid != grid:
        raise BadInput(
            f"{projector}: the masks lie on a grid of {_written(masks.grid)}, the patches on {_written(grid)}",
            hint="give the region_masks view the encoder's view under 'like' and its patch size under 'patch'",
            code="mask-grid",
        )
    return masks


def check_heads(width: int, heads: int, projector: str) -> None:
    """Raise ``BadInput`` unless attention heads share a width evenly."""
    if heads < 1 or width % heads:
        raise BadInput(f"{projector}.heads: {heads} heads do not divide a width of {width}", code="heads")


def check_positive(projector: str, **options: int) -> None:
    """Raise ``BadInput`` unless each option is at least 1."""
    for key, value in options.items():
        if value < 1:
            raise BadInput(f"{projector}.{key}: it must be at least 1, got {value}", code="wrong-value")


def _written(grid: Grid) -> str:
    return "×".join(map(str, grid))
