"""A volume view at another size: HILT's low-resolution twin."""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from ctscribe.model.views.checks import check_positive
from ctscribe.model.views.view import VIEWS, View, followed_volume


@VIEWS.register("resized")
class Resized(View):
    """(1, D, H, W): another volume view resized trilinearly (HILT, section 3).

    Parameters
    ----------
    of : the volume view.
    size : voxels (D, H, W).
    """

    def __init__(self, others: Mapping[str, View], *, of: str, size: tuple[int, int, int]) -> None:
        followed_volume(others, of, "of")
        check_positive("size", size)
        self.of, self.size = of, size
        self.shape = (1, *size)

    def finish(self, values: Float[Tensor, "batch 1 z y x"]) -> Float[Tensor, "batch 1 depth height width"]:
        """Resize."""
        return interpolate(values, self.size, mode="trilinear")
