"""The scan's own air: what is outside of the patient, and what is lung."""

from __future__ import annotations

import cc3d
import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.morphology import components, dilated, eroded, opened
from ctscribe.types import Mask

ROOM_AIR = -930.0  # HU; room air averaged over a working voxel stays below, lung above
LUNG = -400.0  # HU; half-way between inflated lung and the tissue around it
TISSUE = -250.0  # HU; skin, fat and everything denser
MARGIN_MM = 4.5  # partial volume at the skin; depth at which a lung is free of it
GAS = -960.0  # HU; gas alone stays below, even emphysema has parts above
SMALLEST_ML = 40.0
LARGE_SHARE = 0.05  # of the largest lung component


def outside(hu: Float32[np.ndarray, "z y x"]) -> Mask:
    """Room air: everything below −930 HU joined to the lateral faces of the field of view.

    Lung cut by a narrow field of view is denser than that and stays in.
    """
    numbered, count = components(hu < ROOM_AIR)
    touching = np.zeros(count, dtype=bool)
    for face in (numbered[:, 0], numbered[:, -1], numbered[:, :, 0], numbered[:, :, -1]):
        touching[face.ravel()] = True
    touching[0] = False
    return touching[numbered]


def patient(hu: Float32[np.ndarray, "z y x"], spacing: float) -> Mask:
    """Tissue of the patient without air, table and blankets: the largest component after opening by 4.5 mm."""
    steps = max(1, round(MARGIN_MM / spacing))
    core = np.asarray(cc3d.largest_k(opened(hu > TISSUE, steps), k=1, connectivity=6)) > 0
    return dilated(core, steps) & (hu > TISSUE)


def find_lungs(hu: Float32[np.ndarray, "z y x"], spacing: float) -> Mask:
    """Both lungs with the airways still in them, on a working grid of ``spacing`` mm; all False when there is none.

    They are the air inside the patient whose depth is denser than gas (bowel's is not) and whose surface lies
    against the patient's own tissue (a hollow table does not).
    """
    steps = max(1, round(MARGIN_MM / spacing))
    air = opened((hu < LUNG) & ~dilated(outside(hu), steps))
    numbered, count = components(air)
    depth = eroded(air, steps, from_edges=False)
    shell = np.where(air, 0, np.asarray(ndimage.grey_dilation(numbered, size=3)))
    volume = np.bincount(numbered.ravel(), minlength=count) * spacing**3 / 1000
    deep = np.bincount(numbered[depth], minlength=count)
    parenchyma = np.bincount(numbered[depth], weights=hu[depth] > GAS, minlength=count)
    surface = np.bincount(shell.ravel(), minlength=count)
    against_tissue = np.bincount(shell.ravel(), weights=patient(hu, spacing).ravel(), minlength=count)
    lung = (volume >= SMALLEST_ML) & (deep > 0) & (parenchyma > 0.15 * deep) & (against_tissue > 0.5 * surface)
    lung[0] = False
    if not lung.any():
        return np.zeros(hu.shape, dtype=bool)
    lung &= volume >= LARGE_SHARE * volume[lung].max()
    return lung[numbered]
