"""Eight small scans that differ in one large finding: the packaged anatomy, with disease drawn into it, and a report.

Only for the question whether a model can learn from a scan at all; nothing is measured on them that means more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.atlas.packaged import CT_SPACING, load_atlas
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume, canonical_affine

CONSOLIDATED = {
    "left upper lobe": "lung_upper_lobe_left",
    "left lower lobe": "lung_lower_lobe_left",
    "right upper lobe": "lung_upper_lobe_right",
    "right middle lobe": "lung_middle_lobe_right",
    "right lower lobe": "lung_lower_lobe_right",
}
FLUID_ML = 600.0
NOISE_HU = 15.0
NORMAL = {
    "lung": "The lungs are clear.",
    "airway": "The trachea and main bronchi are open.",
    "mediastinum": "No enlarged lymph nodes.",
    "heart": "Heart size is normal.",
    "abdomen": "The upper abdominal organs are normal.",
    "musculoskeletal": "No bone lesion.",
}


def eight_scans(seed: int = 0) -> tuple[tuple[Case, str], ...]:
    """Scan and report: nothing drawn, consolidation of each lobe, fluid on each side."""
    rng = np.random.default_rng(seed)
    volume, labelmap = _anatomy()
    drawn = [(volume.hu, NORMAL["lung"])]
    for words, lobe in CONSOLIDATED.items():
        drawn.append((np.where(labelmap.mask(lobe), 30, volume.hu), f"Consolidation in the {words}."))
    for side in ("left", "right"):
        lobes = [name for name in CONSOLIDATED.values() if name.endswith(side)]
        fluid = _lowest(volume, labelmap.mask(*lobes), FLUID_ML)
        drawn.append((np.where(fluid, 10, volume.hu), f"There is pleural effusion, {side}."))
    return tuple((_case(volume, labelmap, hu, rng), _report(lungs)) for hu, lungs in drawn)


def _anatomy() -> tuple[CTVolume, LabelMap]:
    atlas = load_atlas()
    affine = canonical_affine((CT_SPACING,) * 3, (0.0, 0.0, 0.0))
    labels = np.ascontiguousarray(atlas.labels[::2, ::2, ::2])
    return CTVolume(atlas.ct, affine), LabelMap(labels, atlas.names, affine, source="packaged anatomy")


def _case(volume: CTVolume, labelmap: LabelMap, hu: np.ndarray, rng: np.random.Generator) -> Case:
    """No lesion masks: the prompt of every case says the same, and only the scan tells them apart."""
    noisy = np.clip(hu + rng.normal(0, NOISE_HU, hu.shape), -1024, 3071)
    return Case(replace(volume, hu=np.rint(noisy).astype(np.int16)), labelmap)


def _lowest(volume: CTVolume, mask: np.ndarray, ml: float) -> np.ndarray:
    """The most posterior voxels of a mask, where fluid gathers in a patient who lies on the back."""
    voxels = round(ml / volume.voxel_ml)
    depth = np.where(mask, np.arange(mask.shape[1])[None, :, None], -1)
    return mask & (depth >= np.sort(depth[mask])[-voxels])


def _report(lungs: str) -> str:
    return "\n".join(f"{region.title}: {lungs if region.key == 'lung' else NORMAL[region.key]}" for region in CHEST6)
