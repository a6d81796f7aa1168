"""Features to tokens: importing this package registers every projector."""

from ctscribe.model.projectors import (
    hilt,
    linear,
    mask_pooling,
    per_volume,
    pooling,
    prefix,
    query,
    slowfast,
    spatial_packer,
    token_axis,
    token_packer,
)
from ctscribe.model.projectors.projector import PROJECTORS, Projector

__all__ = [
    "PROJECTORS",
    "Projector",
    "hilt",
    "linear",
    "mask_pooling",
    "per_volume",
    "pooling",
    "prefix",
    "query",
    "slowfast",
    "spatial_packer",
    "token_axis",
    "token_packer",
]
