"""How many nodules of known size the embedded detector finds: python benchmarks/nodule_recall.py DATA

Solid balls are drawn into the lungs of LIDC-IDRI-0001 as acquired (0.7 × 0.7 × 2.5 mm), six at a time and 25 mm apart,
with the partial volume of its voxels. Its own mass is there as well, and is not counted. Drawn balls are easier than
nodules: they are round and their border is sharp.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from comparison import save
from scipy import ndimage

from ctscribe.anatomy.detectors import detect_lesions
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.anatomy.segmenters import load_segmenter
from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume

SIZES_MM = (4, 5, 6, 8, 10, 15, 20, 30)
AT_ONCE, APART_MM, MASS_ML = 6, 25.0, 4.0


def places(volume: CTVolume, lungs: np.ndarray, radius_mm: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Voxels in the lungs that hold a whole ball, apart from each other and in air rather than in a vessel."""
    inside = ndimage.distance_transform_edt(lungs, sampling=volume.spacing) > radius_mm + 1
    candidates = rng.permutation(np.argwhere(inside & (volume.hu < -750)))
    chosen: list[np.ndarray] = []
    for index in candidates[:5000]:
        gaps = [np.linalg.norm((index - other) * volume.spacing) for other in chosen]
        if all(gap > max(APART_MM, 3 * radius_mm) for gap in gaps):
            chosen.append(index)
        if len(chosen) == AT_ONCE:
            break
    return chosen


def with_balls(volume: CTVolume, centres: list[np.ndarray], diameter_mm: float, hu: float) -> CTVolume:
    """Balls blended in, soft over one voxel at their border."""
    drawn = volume.hu.astype(np.float32)
    for centre in centres:
        reach = [int(np.ceil((diameter_mm / 2 + 3) / step)) for step in volume.spacing]
        window = tuple(slice(max(c - r, 0), c + r + 1) for c, r in zip(centre, reach, strict=True))
        axes = [(np.arange(w.start, w.stop) - c) * s for w, c, s in zip(window, centre, volume.spacing, strict=True)]
        axes = [axis[: drawn.shape[k] - window[k].start] for k, axis in enumerate(axes)]
        z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
        share = np.clip((diameter_mm / 2 - np.sqrt(z**2 + y**2 + x**2)) / max(volume.spacing) + 0.5, 0, 1)
        drawn[window] = drawn[window] * (1 - share) + hu * share
    return replace(volume, hu=np.rint(drawn).astype(np.int16))


def count(volume: CTVolume, labelmap: LabelMap, size: float, seed: int) -> tuple[int, int, int]:
    """Balls found, balls drawn, and findings that are neither a ball nor the patient's own mass."""
    rng = np.random.default_rng([seed, int(size * 10)])
    lungs = labelmap.region("lung")
    centres = places(volume, lungs, size / 2, rng)
    drawn = with_balls(volume, centres, size, float(rng.uniform(-20, 60)))
    found = measure_lesions(detect_lesions(drawn, labelmap), drawn, all_components=True)
    nodules = [lesion for lesion in found if lesion.kind == "lung_nodule"]
    near = [
        [
            np.linalg.norm(np.array(one.centroid_mm) - drawn.position(tuple(map(float, c)))) < size / 2 + 2
            for c in centres
        ]
        for one in nodules
    ]
    hits = int(np.any(near, axis=0).sum()) if near else 0
    own = [one.sub_region == "lung_lower_lobe_left" and one.volume_ml > MASS_ML for one in nodules]
    return hits, len(centres), sum(not any(row) and not mass for row, mass in zip(near, own, strict=True))


def main() -> None:
    """Recall by size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with lidc0001")
    parser.add_argument("--seeds", type=int, default=4)
    arguments = parser.parse_args()
    folder = arguments.data / "lidc0001"
    volume = read_volume(folder / "dicom")
    labelmap = load_segmenter(str(folder / "lidc0001_totalseg_1p5mm.nii.gz"))(volume)
    rows: list[dict[str, object]] = []
    for size in SIZES_MM:
        counts = np.array([count(volume, labelmap, size, seed) for seed in range(arguments.seeds)]).sum(axis=0)
        found, drawn, false = (int(value) for value in counts)
        rows.append({"diameter_mm": size, "found": found, "drawn": drawn, "recall": round(found / max(drawn, 1), 2)})
        rows[-1] |= {"false_findings": false, "scans": arguments.seeds}
        print(rows[-1], flush=True)
    save("nodule_recall", "python benchmarks/nodule_recall.py ../shared/data", rows, ("connected-components-3d",))


if __name__ == "__main__":
    main()
