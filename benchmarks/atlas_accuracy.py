"""How close the atlas comes where the truth is known: python benchmarks/atlas_accuracy.py ../shared/data

Ten warps of LIDC-IDRI-0001, the atlas' own patient: smooth random displacements of 15 mm at most, each axis scaled by
up to 20 %, noise of 10–30 HU; they say how much deformation the registration follows, not how it does on someone else.
For that, the thoracic crops of another patient (aorta, heart and T12 known), a thick-slice scan without labels (fit
only), and an abdomen that must be refused. Last, the time for 512 × 512 × 300 voxels.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import nibabel
import numpy as np
from comparison import save
from scipy import ndimage

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.atlas import AtlasSegmenter
from ctscribe.anatomy.segmenters.atlas.packaged import load_atlas
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.errors import BadScan

STRUCTURES = {
    "lungs": ("lung_",),
    "left_upper": ("lung_upper_lobe_left",),
    "left_lower": ("lung_lower_lobe_left",),
    "right_upper": ("lung_upper_lobe_right",),
    "right_middle": ("lung_middle_lobe_right",),
    "right_lower": ("lung_lower_lobe_right",),
    "heart": ("heart",),
    "aorta": ("aorta",),
    "spinal_cord": ("spinal_cord",),
    "liver": ("liver",),
}
Row = dict[str, object]


def canonical(path: Path) -> tuple[np.ndarray, tuple[float, float, float], np.ndarray]:
    """Voxels (z, y, x) toward Superior, Posterior, Left, their spacing, and the LPS position of voxel (0, 0, 0)."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    voxels = np.ascontiguousarray(np.asarray(image.dataobj)[::-1, ::-1].transpose(2, 1, 0))
    z, y, x = (float(s) for s in image.header.get_zooms()[:3][::-1])
    corner = image.affine @ np.array([image.shape[0] - 1, image.shape[1] - 1, 0, 1])
    return voxels, (z, y, x), corner[:3] * [-1, -1, 1]


def as_volume(hu: np.ndarray, spacing: tuple[float, float, float]) -> CTVolume:
    """A scan of int16 HU."""
    return CTVolume(np.rint(np.clip(hu, -1024, 3071)).astype(np.int16), canonical_affine(spacing))


def warped(hu: np.ndarray, labels: np.ndarray, spacing: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale every axis about the centre, displace smoothly by at most 15 mm, add noise; the grid stays."""
    rng = np.random.default_rng(seed)
    scale = 1 + rng.uniform(-0.2, 0.2, size=3)
    knots = rng.normal(size=(3, 5, 5, 5))
    zoom = [n / 5 for n in hu.shape]
    field = np.stack([ndimage.zoom(axis, zoom, order=3, mode="nearest", grid_mode=True) for axis in knots])
    field *= 15 / spacing / np.sqrt((field**2).sum(axis=0)).max()
    index = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in hu.shape), indexing="ij")
    where = [i / s + (n - 1) / 2 + d for i, s, n, d in zip(index, scale, hu.shape, field, strict=True)]
    moved = ndimage.map_coordinates(hu.astype(np.float32), where, order=1, cval=-1024)
    moved += rng.normal(0, rng.uniform(10, 30), hu.shape)
    return moved, ndimage.map_coordinates(labels, where, order=0, cval=0)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice overlap of two masks."""
    return round(2 * float((a & b).sum()) / max(1.0, float(a.sum() + b.sum())), 3)


def levels(found: np.ndarray, truth: np.ndarray) -> tuple[int, int]:
    """How many vertebrae's centroids lie nearest to the same-named true vertebra, and how many there are."""
    vertebrae = load_atlas().ids("vertebrae")
    true_voxels = np.argwhere(np.isin(truth, vertebrae))
    names = truth[tuple(true_voxels.T)]
    right = total = 0
    for label in vertebrae:
        voxels = np.argwhere(found == label)
        if len(voxels) and (truth == label).sum() > 500:
            nearest = ((true_voxels - voxels.mean(axis=0)) ** 2).sum(axis=1).argmin()
            right, total = right + int(names[nearest] == label), total + 1
    return right, total


def timed(volume: CTVolume) -> tuple[LabelMap, Row]:
    """Segment, with the fit and the seconds it took by the clock and on the processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = AtlasSegmenter()(volume)
    seconds = {"wall_s": round(time.perf_counter() - wall, 1), "cpu_s": round(time.process_time() - cpu, 1)}
    return result, {**result.confidence, **seconds}


def on_warps(folder: Path, count: int) -> list[Row]:
    """One row a warp, then the lowest figures of all."""
    hu, spacing, _ = canonical(folder / "lidc0001_ct_1p5mm.nii.gz")
    labels, _, _ = canonical(folder / "lidc0001_totalseg_1p5mm.nii.gz")
    atlas, rows = load_atlas(), []
    for seed in range(count):
        moved, truth = warped(hu, labels, spacing[0], seed)
        result, figures = timed(as_volume(moved, spacing))
        overlaps = {
            name: dice(np.isin(result.labels, atlas.ids(*classes)), np.isin(truth, atlas.ids(*classes)))
            for name, classes in STRUCTURES.items()
        }
        right, total = levels(result.labels, truth)
        rows.append({"scan": f"warp {seed}", **overlaps, "levels_right": right, "levels": total, **figures})
        print(rows[-1], flush=True)
    lowest = {name: min(row[name] for row in rows) for name in STRUCTURES}
    good = sum(2 * row["levels_right"] > row["levels"] for row in rows)
    return [*rows, {"scan": "lowest of the warps", **lowest, "scans_with_right_levels": good, "scans": count}]


def diameter_mm(mask: np.ndarray, spacing: float) -> float:
    """Median over slices of the diameter of the disc with the area of the descending aorta."""
    areas = []
    for plane in mask:
        parts, count = ndimage.label(plane)
        if count:
            back = max(range(1, count + 1), key=lambda part: np.nonzero(parts == part)[0].mean())
            areas.append((parts == back).sum() * spacing**2)
    return float(np.median(2 * np.sqrt(np.array(areas) / np.pi)))


def on_another_patient(folder: Path) -> list[Row]:
    """The thoracic crop with a dissected aorta, and the heart from a wider crop of the same scan."""
    models = folder / "aorta_report" / "test_result" / "models"
    hu, spacing, corner = canonical(models / "ct_cropped.nii.gz")
    result, figures = timed(as_volume(hu, spacing))
    row: Row = {"scan": "thoracic crop of another patient"}
    for name in ("aorta", "vertebrae_T12"):
        row[name] = dice(result.mask(name), canonical(models / f"{name}.nii.gz")[0] > 0)
    heart, _, heart_corner = canonical(folder / "pulmonary_report" / "models" / "heart.nii.gz")
    start = np.rint((corner - heart_corner)[::-1] / spacing).astype(int)
    known = heart[tuple(slice(s, s + n) for s, n in zip(start, hu.shape, strict=True))] > 0
    row["heart"] = dice(result.mask("heart")[tuple(slice(n) for n in known.shape)], known)
    row["aorta_mm"] = round(diameter_mm(result.mask("aorta"), spacing[0]), 1)
    row["aorta_true_mm"] = round(diameter_mm(canonical(models / "aorta.nii.gz")[0] > 0, spacing[0]), 1)
    return [{**row, **figures}]


def on_abdomen(folder: Path) -> list[Row]:
    """The abdomen is refused, or the row says that it was not."""
    hu, spacing, _ = canonical(folder / "example_ct.nii.gz")
    try:
        result = AtlasSegmenter()(as_volume(hu, spacing))
    except BadScan as refusal:
        return [{"scan": "abdomen", "refused": refusal.message}]
    return [{"scan": "abdomen", "refused": "no", **result.confidence}]


def on_thick_slices(folder: Path) -> list[Row]:
    """Thirty slices of 8 mm, without contrast, a hilar mass: fit and time only."""
    from ctscribe.ct.readers import read_volume

    return [{"scan": "8 mm slices, another patient", **timed(read_volume(folder))[1]}]


def on_a_large_scan(folder: Path) -> list[Row]:
    """LIDC-IDRI-0001 resampled to 512 × 512 × 300 voxels over the same field of view."""
    hu, spacing, _ = canonical(folder / "lidc0001_ct_1p5mm.nii.gz")
    size = (300, 512, 512)
    large = ndimage.zoom(
        hu, [m / n for m, n in zip(size, hu.shape, strict=True)], order=1, grid_mode=True, mode="nearest"
    )
    z, y, x = (s * n / m for s, n, m in zip(spacing, hu.shape, size, strict=True))
    return [{"scan": "512 x 512 x 300", **timed(as_volume(large, (z, y, x)))[1]}]


def main() -> None:
    """Measure all and write results/atlas_accuracy.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with lidc0001, totalsegmentator_tests and lungpetctdx_a0002")
    parser.add_argument("--warps", type=int, default=10)
    arguments = parser.parse_args()
    lidc, others = arguments.data / "lidc0001", arguments.data / "totalsegmentator_tests"
    rows = on_another_patient(others) + on_abdomen(others)
    rows += on_thick_slices(arguments.data / "lungpetctdx_a0002" / "dicom") + on_a_large_scan(lidc)
    rows += on_warps(lidc, arguments.warps)
    save("atlas_accuracy", "python benchmarks/atlas_accuracy.py ../shared/data", rows, ("numba", "scipy"))


if __name__ == "__main__":
    main()
