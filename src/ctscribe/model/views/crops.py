"""A volume view cut into a grid of crops, and the whole beside them as a thumbnail: AnyRes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from ctscribe.model.views.checks import check_positive, divided
from ctscribe.model.views.view import VIEWS, View, followed_volume


@VIEWS.register("crops")
class Crops(View):
    """(crops + 1, 1, d, h, w): crops in (z, y, x) order, the thumbnail last (AMOS-MM design space, AnyRes).

    Parameters
    ----------
    of : the volume view.
    grid : crops along (z, y, x).
    size : voxels of each crop and of the thumbnail, resized trilinearly; without it a crop keeps its own.
    """

    def __init__(
        self,
        others: Mapping[str, View],
        *,
        of: str,
        grid: tuple[int, int, int],
        size: tuple[int, int, int] | None = None,
    ) -> None:
        voxels = followed_volume(others, of, "of")
        check_positive("grid", grid)
        check_positive("size", size or ())
        own_size = divided(voxels, grid, "a grid")
        self.size = size or own_size
        self.of, self.grid = of, grid
        self.shape = (grid[0] * grid[1] * grid[2] + 1, 1, *self.size)

    def finish(self, values: Float[Tensor, "batch 1 z y x"]) -> Float[Tensor, "batch crops 1 depth height width"]:
        """Cut and resize."""
        z, y, x = self.grid
        crops = rearrange(values, "b c (z d) (y h) (x w) -> (b z y x) c d h w", z=z, y=y, x=x)
        crops = rearrange(self._resized(crops), "(b n) c d h w -> b n c d h w", b=len(values))
        return torch.cat([crops, self._resized(values)[:, None]], dim=1)

    def _resized(self, volumes: Tensor) -> Tensor:
        return interpolate(volumes, self.size, mode="trilinear")
