"""Features of several volumes held as those of one: patch grids stacked along z, embeddings along the slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from einops import rearrange
from torch import Tensor

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec, Grid


def stacked_spec(one: FeatureSpec, volumes: int) -> FeatureSpec:
    """What ``volumes`` volumes give together, each of which gives ``one``."""
    grid = None if one.grid is None else _with_depth(one.grid, one.grid[0] * volumes)
    return replace(one, grid=grid, slots=one.slots * volumes)


def separate_spec(together: FeatureSpec, volumes: int) -> FeatureSpec:
    """What each of ``volumes`` stacked volumes gives.

    Raises
    ------
    BadInput : the grid or the slots do not fall into so many parts.
    """
    depth = together.grid[0] if together.grid else 0
    if depth % volumes or together.slots % volumes:
        raise BadInput(
            f"{depth} layers of patches and {together.slots} embeddings are not those of {volumes} volumes",
            hint="an AnyRes view holds its crops and one thumbnail",
            code="volumes",
        )
    grid = None if together.grid is None else _with_depth(together.grid, depth // volumes)
    return replace(together, grid=grid, slots=together.slots // volumes)


def stack(apart: Features, volumes: int) -> Features:
    """Features of (batch·volumes) as features of a batch."""
    grid = None if apart.grid is None else _with_depth(apart.grid, apart.grid[0] * volumes)
    return _mapped(apart, grid, lambda each: rearrange(each, "(b v) n ... -> b (v n) ...", v=volumes))


def separate(together: Features, volumes: int) -> Features:
    """Features of a batch as features of (batch·volumes)."""
    grid = None if together.grid is None else _with_depth(together.grid, together.grid[0] // volumes)
    return _mapped(together, grid, lambda each: rearrange(each, "b (v n) ... -> (b v) n ...", v=volumes))


def _with_depth(grid: Grid, depth: int) -> Grid:
    return depth, grid[1], grid[2]


def _mapped(features: Features, grid: Grid | None, change: Callable[[Tensor], Tensor]) -> Features:
    return Features(
        grid=grid,
        tokens=None if features.tokens is None else change(features.tokens),
        layers={number: change(layer) for number, layer in features.layers.items()},
        pooled=None if features.pooled is None else change(features.pooled),
        scores=None if features.scores is None else change(features.scores),
    )
