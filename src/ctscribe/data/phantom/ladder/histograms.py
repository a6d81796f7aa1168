"""A scan as Hounsfield unit histograms of its regions: the cheapest description that knows where it looks."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume

ORGANS: tuple[tuple[str, ...], ...] = (
    *((lobe,) for lobe in LOBES),
    ("trachea",),
    ("esophagus",),
    ("heart", "atrial_appendage_left"),
    ("aorta",),
    ("pulmonary_vein",),
    ("superior_vena_cava", "brachiocephalic_vein_left", "brachiocephalic_vein_right"),
    ("liver",),
    ("spleen",),
    ("stomach",),
    ("kidney_left", "kidney_cyst_left"),
    ("kidney_right", "kidney_cyst_right"),
    tuple(f"vertebrae_{level}" for level in (*(f"T{k}" for k in range(1, 13)), "L1", "L2", "L3")),
    tuple(f"rib_left_{k}" for k in range(1, 13)),
    tuple(f"rib_right_{k}" for k in range(1, 13)),
    ("sternum", "costal_cartilages"),
)
"""Regions by their classes; two more are what no class claims, in the left and in the right half of the chest."""

REGIONS = len(ORGANS) + 2
EDGES = np.array([*range(-1000, 601, 50), 900, 1500])
BINS = len(EDGES) + 1
FEATURES = REGIONS * (BINS + 1)


def region_histograms(volume: CTVolume, labelmap: LabelMap) -> Float32[np.ndarray, " features"]:
    """For every region the share of its voxels in every bin of attenuation, and its own share of the scan.

    Returns
    -------
    ``FEATURES`` numbers.
    """
    regions = _regions(labelmap)
    levels = np.digitize(np.arange(-1024, 3072), EDGES)[volume.hu.astype(np.int64) + 1024]
    counts = np.bincount((regions * np.int64(BINS) + levels).ravel(), minlength=(REGIONS + 1) * BINS)
    counts = counts.reshape(-1, BINS)[1:].astype(np.float64)
    sizes = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(sizes, 1)
    return np.concatenate([shares, sizes / volume.hu.size], axis=1).ravel().astype(np.float32)


def _regions(labelmap: LabelMap) -> UInt8[np.ndarray, "z y x"]:
    """Number of the region that a voxel belongs to, 0 for none."""
    table = np.zeros(np.iinfo(labelmap.labels.dtype).max + 1, np.uint8)
    for number, names in enumerate(ORGANS, start=1):
        table[list(labelmap.ids(*names))] = number
    regions = table[labelmap.labels]
    lungs = np.nonzero(labelmap.mask(*LOBES).any(axis=0))
    if lungs[0].size:
        rows, columns = (slice(int(axis.min()), int(axis.max()) + 1) for axis in lungs)
        middle = (columns.start + columns.stop) // 2
        for number, half in enumerate((slice(middle, columns.stop), slice(columns.start, middle)), start=REGIONS - 1):
            part = regions[:, rows, half]
            part[labelmap.labels[:, rows, half] == 0] = number
    return regions
