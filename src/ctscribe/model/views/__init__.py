"""Named input tensors of a case, as a system's page asks for them."""

from __future__ import annotations

from ctscribe.model.views import crops, labels, region_masks, resized, slices, volume
from ctscribe.model.views.named import build_views, finish_views, sample_views, with_origins
from ctscribe.model.views.view import VIEWS, View

__all__ = [
    "VIEWS",
    "View",
    "build_views",
    "crops",
    "finish_views",
    "labels",
    "region_masks",
    "resized",
    "sample_views",
    "slices",
    "volume",
    "with_origins",
]
