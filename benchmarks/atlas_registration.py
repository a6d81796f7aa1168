"""The atlas against plain SimpleITK registration of the same anatomy: python benchmarks/atlas_registration.py DATA

Both carry the packaged labels to the same warps of LIDC-IDRI-0001. The peer is what most scripts do: affine, then a
B-spline on the intensities, both by mutual information, at the same 3 mm.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from atlas_accuracy import as_volume, canonical, dice, warped
from comparison import save

from ctscribe.anatomy.segmenters.atlas import AtlasSegmenter
from ctscribe.anatomy.segmenters.atlas.packaged import load_atlas

STRUCTURES = {
    "lungs": "lung_",
    "heart": "heart",
    "aorta": "aorta",
    "liver": "liver",
    "spinal_cord": "spinal_cord",
    "vertebrae": "vertebrae_",
}
MM = 3.0


def image_of(array: np.ndarray, spacing: tuple[float, float, float]) -> sitk.Image:
    """An image whose physical space starts at its corner voxel."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    return image


def coarse(image: sitk.Image) -> sitk.Image:
    """Smoothed and resampled to 3 mm."""
    size = [max(1, round(n * s / MM)) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    smooth = sitk.SmoothingRecursiveGaussian(sitk.Cast(image, sitk.sitkFloat32), MM / 2)
    return sitk.Resample(smooth, size, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), (MM,) * 3)


def optimised(fixed: sitk.Image, moving: sitk.Image, transform: sitk.Transform) -> sitk.Transform:
    """One registration by Mattes mutual information over three resolutions."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([4, 2, 0])
    if isinstance(transform, sitk.BSplineTransform):
        method.SetOptimizerAsLBFGS2(numberOfIterations=60)
    else:
        method.SetOptimizerAsGradientDescent(1.0, 100, estimateLearningRate=method.Once)
        method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=False)
    return method.Execute(fixed, moving)


def with_simpleitk(fixed: sitk.Image, moving: sitk.Image, labels: sitk.Image) -> np.ndarray:
    """The atlas labels on the fixed grid, by affine and B-spline."""
    small = coarse(fixed)
    start = sitk.CenteredTransformInitializer(small, moving, sitk.AffineTransform(3))
    affine = optimised(small, moving, start)
    aligned = sitk.Resample(moving, small, affine, sitk.sitkLinear, -1024.0)
    spline = optimised(small, aligned, sitk.BSplineTransformInitializer(small, [8, 8, 8]))
    both = sitk.CompositeTransform([affine, spline])
    return sitk.GetArrayFromImage(sitk.Resample(labels, fixed, both, sitk.sitkNearestNeighbor))


def main() -> None:
    """Both ways on the same warps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with lidc0001")
    parser.add_argument("--warps", type=int, default=3)
    arguments = parser.parse_args()
    hu, spacing, _ = canonical(arguments.data / "lidc0001" / "lidc0001_ct_1p5mm.nii.gz")
    labels, _, _ = canonical(arguments.data / "lidc0001" / "lidc0001_totalseg_1p5mm.nii.gz")
    atlas = load_atlas()
    moving, moving_labels = coarse(image_of(hu, spacing)), image_of(labels, spacing)
    rows: list[dict[str, object]] = []
    for seed in range(arguments.warps):
        moved, truth = warped(hu, labels, spacing[0], seed)
        volume = as_volume(moved, spacing)
        ways = {
            "ctscribe": lambda volume=volume: AtlasSegmenter()(volume).labels,
            "SimpleITK affine + B-spline": lambda volume=volume: with_simpleitk(
                image_of(volume.hu, spacing), moving, moving_labels
            ),
        }
        ours = 0.0
        for name, way in ways.items():
            start = time.perf_counter()
            found = way()
            taken = time.perf_counter() - start
            ours = ours or taken
            overlaps = {
                structure: dice(np.isin(found, atlas.ids(prefix)), np.isin(truth, atlas.ids(prefix)))
                for structure, prefix in STRUCTURES.items()
            }
            rows.append({"scan": f"warp {seed}", "way": name, "seconds": round(taken, 1)} | overlaps)
            rows[-1]["ratio_to_ours"] = round(taken / ours, 2)
            print(rows[-1], flush=True)
    save("atlas_registration", "python benchmarks/atlas_registration.py ../shared/data", rows, ("SimpleITK",))


if __name__ == "__main__":
    main()
