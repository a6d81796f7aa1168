"""How well the packaged anatomy fits a scan, and what to say when it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ctscribe.anatomy.segmenters.atlas.lungs import patient
from ctscribe.anatomy.segmenters.atlas.morphology import closed
from ctscribe.anatomy.segmenters.atlas.packaged import CT_SPACING, load_atlas
from ctscribe.anatomy.segmenters.atlas.warping import Mapping
from ctscribe.types import Mask

LEAST_LUNG_ML = 500.0
LEAST_OVERLAP = 0.6
LEAST_SIMILARITY = 0.5


@dataclass(frozen=True)
class Fit:
    """Agreement of the carried anatomy with the scan.

    Parameters
    ----------
    similarity : correlation of soft-tissue and bone contrast (HU from −150 to 250) between the carried CT and the scan
        inside the patient, in [0, 1]; 0 stands for any negative one.
    lung_overlap : Dice of the carried lungs and the air-filled lungs found in the scan, in [0, 1].
    lung_ml : volume of the air-filled lungs in view.
    """

    similarity: float
    lung_overlap: float
    lung_ml: float

    def objection(self) -> str | None:
        """Why the scan is not the chest that the atlas knows, ``None`` when it is."""
        if self.lung_ml < LEAST_LUNG_ML:
            return f"the scan shows {self.lung_ml:.0f} mL of air-filled lung, too little for a chest"
        if self.lung_overlap < LEAST_OVERLAP:
            return f"the atlas' lungs overlap the scan's by {self.lung_overlap:.2f} only"
        if self.similarity < LEAST_SIMILARITY:
            return f"the atlas resembles the scan by {self.similarity:.2f} only"
        return None


def measure_fit(
    hu: Float32[np.ndarray, "z y x"], lungs: Mask, organs: Mapping, carried: UInt8[np.ndarray, "z y x"]
) -> Fit:
    """Compare scan and carried anatomy on the 3 mm working grid."""
    atlas = load_atlas()
    inside = patient(hu, CT_SPACING) & (organs.carry_labels(np.ones_like(atlas.labels), hu.shape, CT_SPACING) > 0)
    ours, theirs = (np.clip(image[inside], -150, 250) for image in (hu, organs.carry_image(atlas.ct, hu.shape)))
    similarity = float(np.corrcoef(ours, theirs)[0, 1]) if inside.sum() > 1000 else 0.0
    expected = np.isin(carried, atlas.ids("lung_"))
    filled = closed(lungs, 2)
    overlap = 2 * float((expected & filled).sum()) / max(1.0, float(expected.sum() + filled.sum()))
    return Fit(max(0.0, similarity), overlap, float(lungs.sum()) * CT_SPACING**3 / 1000)
