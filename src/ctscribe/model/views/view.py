"""What every view is: a case goes in, a tensor of a shape known beforehand comes out.

The work is split where a cache fits between: ``sample`` looks at the scan's geometry once, on the CPU, and gives a
small number type; ``finish`` does the arithmetic in batches, on whatever device the samples lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.features import Grid, ViewShape
from ctscribe.model.views.grids import SampledGrid
from ctscribe.registry import Registry, nearest_hint


class Sample(NamedTuple):
    """What a view takes from one case: values without a batch axis, and the grid they were looked up on."""

    values: Tensor
    grid: SampledGrid


class View:
    """A named input tensor.

    A child's ``__init__`` takes ``(others, *, …)``: the views above it in the page, and its options, keyword-only,
    which a page's keys set. It raises ``BadInput`` when these do not fit each other.
    """

    shape: ViewShape
    """Shape of the finished view, without the batch axis."""

    voxels: Grid | None = None
    """Voxels (z, y, x) of the grid on the scan that other views may follow with ``like``; ``None``: they cannot."""

    of: str | None = None
    """The view that this one is made from when it is finished; ``None`` when it samples the case itself."""

    def __init__(self, others: Mapping[str, View], **options: Any) -> None:
        raise NotImplementedError

    def sample(self, case: Case, grids: Mapping[str, SampledGrid]) -> Sample:
        """Take from a case what cannot be computed later; not called when ``of`` is set.

        Parameters
        ----------
        case : the scan and its masks.
        grids : grids of the views above.

        Raises
        ------
        BadInput : the case lacks what the view needs.
        """
        raise NotImplementedError

    def finish(self, values: Tensor) -> Tensor:
        """A batch of samples, or of the finished view ``of``, as float32 (batch, *shape), on the same device."""
        raise NotImplementedError


VIEWS: Registry[type[View]] = Registry("view")


def followed(others: Mapping[str, View], name: str, key: str) -> tuple[View, Grid]:
    """The view above that a key names, and its voxels.

    Raises
    ------
    BadInput : there is none above, or it has no grid on the scan.
    """
    if name not in others:
        hint = nearest_hint(name, others) if others else "no view stands above it in the page"
        raise BadInput(f"{key} names {name!r}, which is no view above it", hint=hint, code="unknown-view")
    view = others[name]
    if view.voxels is None:
        hint = "name a view that is sampled from the scan, such as a volume"
        raise BadInput(f"{key} names {name!r}, which has no grid on the scan", hint=hint, code="view-without-grid")
    return view, view.voxels


def followed_volume(others: Mapping[str, View], name: str, key: str) -> Grid:
    """The voxels of the volume above that a key names; raises ``BadInput`` when it is no (1, D, H, W) view."""
    view, voxels = followed(others, name, key)
    if not is_volume(view):
        problem = f"{key} names {name!r}, which is not a volume: its shape is {list(view.shape)}"
        raise BadInput(problem, code="no-volume")
    return voxels


def is_volume(view: View) -> bool:
    """Whether a view is one channel on a grid of the scan."""
    return view.voxels is not None and view.shape == (1, *view.voxels)
