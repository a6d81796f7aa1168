"""What a page's views and frozen encoders need of every case, computed once and read many times."""

from __future__ import annotations

from ctscribe.data.cache.building import cache_views
from ctscribe.data.cache.encoding import CachedFeatures, cache_features
from ctscribe.data.cache.features import starting_encoders
from ctscribe.data.cache.outcome import Failure, Outcome, Part
from ctscribe.data.cache.reading import CachedViews

__all__ = [
    "CachedFeatures",
    "CachedViews",
    "Failure",
    "Outcome",
    "Part",
    "cache_features",
    "cache_views",
    "starting_encoders",
]
