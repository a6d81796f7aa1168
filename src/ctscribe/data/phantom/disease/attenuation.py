"""What disease does to the attenuation of the lung."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from ctscribe.data.phantom.level import Level

Field = Float32[np.ndarray, "z y x"]


def dense_hu(level: Level, rng: np.random.Generator) -> float:
    """HU of airless lung and of scars: 0 to 50 at full conspicuity, with some air left in it as that falls.

    Consolidation, atelectasis and bands share it, so that attenuation alone does not tell them apart.
    """
    return 50 * rng.random() - 250 * (1 - level.conspicuity)


def add_haze(there: Field, weight: Field, hu: float) -> None:
    """Add up to ``hu`` where there is air to replace: vessels and walls stay as they are and remain visible."""
    air = np.clip((np.float32(-100) - there) / np.float32(700), 0, 1)
    there += np.float32(hu) * weight * air


def rarefy(there: Field, weight: Field, share: float) -> None:
    """Take up to a share of the tissue out of the lung: what holds air loses density, vessels keep theirs."""
    air = np.clip((np.float32(-400) - there) / np.float32(300), 0, 1)
    there -= np.float32(share) * weight * air * (there + np.float32(1000))


def fill(there: Field, weight: Field, hu: Field | float, vessels: float = 0.05) -> None:
    """Replace air by tissue of some HU, in which vessels still show faintly."""
    there += weight * (hu + np.float32(vessels) * (there + np.float32(850)) - there)
