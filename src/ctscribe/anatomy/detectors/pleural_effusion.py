"""Free pleural fluid: water-like, behind or below the lung, inside the rib cage.

Muscle, diaphragm and atelectasis are denser than water and fat is lighter, but their mixtures are not: averaging, a
layer at least 6 mm thick, the dependent position and the contact with the lung tell fluid from them. Loculated fluid in
front of the lung, and blood, are missed.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.morphology import convex_hull_image

from ctscribe.anatomy.detectors.found import HALF_AIR_HU, Found, Piece, certainty, gathered, thick_pieces
from ctscribe.anatomy.detectors.lung_field import LungField
from ctscribe.anatomy.guidance import VERTEBRAE
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask

SOURCE = "embedded pleural effusion detector"
FLUID_HU = (-10.0, 32.0)
"""Transudate 0–20 HU, exudate to 30 HU; muscle and unenhanced atelectasis begin at 35 HU."""

HALF_THICKNESS_MM = 3.0
REGROWTH_MM = 4.0
SMALLEST_ML = 20.0
SMALLEST_CONTACT = 0.03
"""Share of the fluid's surroundings that is aerated lung of the same side."""

RIB_MM = 4.0
RING_MM = 26.0
SMALLEST_RING_MM2 = 80.0
THICKEST_SLICE_MM = 10.0


def find_pleural_effusion(volume: CTVolume, labelmap: LabelMap, field: LungField) -> Found | None:
    """Pleural effusions of both sides on the volume's grid; ``None`` in slices above 10 mm.

    Parameters
    ----------
    volume, labelmap : the scan and its organs.
    field : the lungs with 40 mm around them, on a 2 mm grid.
    """
    if volume.spacing[0] > THICKEST_SLICE_MM:
        return None
    smooth = ndimage.gaussian_filter(field.hu.astype(np.float32), 1.0)
    allowed = ((field.labels == 0) | field.lungs) & _inside_ribs(field, labelmap) & (smooth < FLUID_HU[1])
    fluid = allowed & (smooth > FLUID_HU[0])
    # Averaging darkens the fluid's border on the lung: it is grown back over what is more fluid than air.
    room = allowed & (field.hu > HALF_AIR_HU)
    layers = []
    for side in (field.left, ~field.left):
        air = field.lungs & side & (field.hu < HALF_AIR_HU)
        for layer in thick_pieces(field, fluid & side, room & side, HALF_THICKNESS_MM, REGROWTH_MM):
            confidence = certainty(field.volume_ml(layer), SMALLEST_ML)
            if confidence is not None and _is_dependent(layer, air):
                layers.append(Piece(field.whole, layer, confidence))
    return gathered("pleural_effusion", SOURCE, volume, field, layers)


def _inside_ribs(field: LungField, labelmap: LabelMap) -> Mask:
    """The axial convex hull of ribs, sternum and spine, less half a rib's thickness; everything where no rib is."""
    ribs = field.of(labelmap, *(name for name in labelmap.names.values() if name.startswith("rib_")))
    if not ribs.any():
        return ~ribs
    cage = ribs | field.of(labelmap, "sternum", "costal_cartilages", *VERTEBRAE)
    # Ribs run obliquely: neighbouring slices complete the ring.
    slices = round(RING_MM / field.spacing_mm)
    ring = ndimage.maximum_filter1d(cage.astype(np.uint8), slices, axis=0) > 0
    inside = np.zeros_like(cage)
    for k, plane in enumerate(ring):
        if plane.sum() * field.spacing_mm**2 >= SMALLEST_RING_MM2:
            inside[k] = convex_hull_image(plane)
    thickness = 2 * round(RIB_MM / field.spacing_mm) + 1
    return ndimage.binary_erosion(inside, np.ones((1, thickness, thickness), dtype=bool))


def _is_dependent(layer: Mask, air: Mask) -> bool:
    """Whether a layer lies behind the middle of its lung, as free fluid in a supine patient does, and touches it."""
    if not air.any():
        return False
    rows = np.arange(layer.shape[1])
    depth_of_layer, depth_of_lung = (mask.sum(axis=(0, 2)) @ rows / mask.sum() for mask in (layer, air))
    shell = ndimage.binary_dilation(layer, iterations=2) & ~layer
    return bool(depth_of_layer > depth_of_lung and (shell & air).sum() >= SMALLEST_CONTACT * shell.sum())
