"""What is compared between atlas and scan: channels that do not care for contrast phase or dose.

Channels, each about one unit between its extremes: the signed distance to the lungs' surface, soft tissue against fat
(cut at 60 HU, so that bright and dull blood look alike), and bone. Where blood is bright it makes a fourth.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from ctscribe.anatomy.segmenters.atlas.morphology import closed, distance, smoothed
from ctscribe.types import Mask

LUNG, SOFT, BONE = range(3)
REACH = 30.0  # mm; farther from the lungs' surface the distance says nothing
VESSELS_MM = 9.0  # vessels and lesions up to twice as wide do not dent the lungs' surface
BRIGHT_BLOOD = 150.0  # HU; below, blood is not told from muscle


def features(hu: Float32[np.ndarray, "z y x"], lungs: Mask, spacing: float) -> Float32[np.ndarray, "channel z y x"]:
    """Channels of an image on an isotropic grid of ``spacing`` mm; ``lungs`` as ``find_lungs`` gives them."""
    whole = closed(lungs, max(1, round(VESSELS_MM / spacing)))
    surface = np.clip((distance(whole, spacing) - distance(~whole, spacing)) / REACH, -1, 1)
    soft = np.clip((hu + 150) / 210, 0, 1)
    return np.stack([surface, soft, bone_channel(hu, np.zeros(hu.shape, dtype=bool), spacing)]).astype(np.float32)


def bone_channel(hu: Float32[np.ndarray, "z y x"], bright: Mask, spacing: float) -> Float32[np.ndarray, "z y x"]:
    """Bone, blurred to the width of a rib, without the ``bright`` voxels that owe it to contrast medium."""
    return smoothed(np.where(bright, 0, np.clip((hu - 130) / 300, 0, 1)).astype(np.float32), 3 / spacing)


def blood_channel(hu: Float32[np.ndarray, "z y x"], level: float, bones: Mask) -> Float32[np.ndarray, "z y x"]:
    """Contrast-filled blood of about ``level`` HU against soft tissue; ``bones`` are as bright and are left out."""
    return np.where(bones, 0, np.clip((hu - 100) / (0.8 * level - 100), 0, 1)).astype(np.float32)
