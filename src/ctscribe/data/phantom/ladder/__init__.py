"""The ladder of baselines: what every reader of the phantom has to beat, from knowing nothing to HU histograms."""

from __future__ import annotations

from ctscribe.data.phantom.ladder.rungs import Rung, climb

__all__ = ["Rung", "climb"]
