"""Resampling 300×512×512 against the usual ways: python benchmarks/resampling.py"""

from __future__ import annotations

import SimpleITK as sitk
import torch
from comparison import as_rows, compare, save
from monai.data import MetaTensor
from monai.transforms import Spacing
from scipy import ndimage
from volumes import label_blocks, large_volume

from ctscribe.ct.resampling import resample, resample_onto, scaled_grid
from ctscribe.ct.volume import CTVolume


def sitk_resample(image: sitk.Image, spacing: float, interpolator: int) -> sitk.Image:
    """SimpleITK onto isotropic voxels of the same box."""
    size = [round(n * s / spacing) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    grid = (sitk.Transform(), interpolator, image.GetOrigin(), (spacing,) * 3, image.GetDirection(), 0.0)
    return sitk.Resample(image, size, *grid, image.GetPixelID())


def linear_rows(volume: CTVolume, spacing: float) -> list[dict[str, object]]:
    """To 1.5 mm, as networks take their input."""
    image = sitk.GetImageFromArray(volume.hu)
    image.SetSpacing(volume.spacing[::-1])
    factors = [s / spacing for s in volume.spacing]
    tensor = torch.from_numpy(volume.hu).float()[None, None]
    monai_spacing = Spacing((spacing,) * 3)
    with_affine = MetaTensor(tensor[0], affine=torch.diag(torch.tensor([*volume.spacing, 1.0])))
    return as_rows(
        f"resample to {spacing} mm",
        compare(
            {
                "ctscribe": lambda: resample(volume, spacing=(spacing,) * 3),
                "SimpleITK linear": lambda: sitk_resample(image, spacing, sitk.sitkLinear),
                "scipy zoom, order 1": lambda: ndimage.zoom(volume.hu, factors, order=1),
                "MONAI Spacing": lambda: monai_spacing(with_affine),
                "torch trilinear": lambda: torch.nn.functional.interpolate(
                    tensor, scale_factor=factors, mode="trilinear"
                ),
            }
        ),
    )


def shrinking_rows(volume: CTVolume, spacing: float) -> list[dict[str, object]]:
    """To 3 mm without aliasing."""
    image = sitk.GetImageFromArray(volume.hu)
    image.SetSpacing(volume.spacing[::-1])
    shape = [round(n * s / spacing) for n, s in zip(volume.shape, volume.spacing, strict=True)]
    tensor = torch.from_numpy(volume.hu).float()[None, None]
    return as_rows(
        f"shrink to {spacing} mm, anti-aliased",
        compare(
            {
                "ctscribe": lambda: resample(volume, spacing=(spacing,) * 3),
                "SimpleITK Gaussian + linear": lambda: sitk_resample(
                    sitk.SmoothingRecursiveGaussian(image, spacing / 2), spacing, sitk.sitkLinear
                ),
                "torch area": lambda: torch.nn.functional.interpolate(tensor, size=shape, mode="area"),
            },
            repeats=3,
        ),
    )


def label_rows(volume: CTVolume, spacing: float) -> list[dict[str, object]]:
    """A label map to 1.5 mm, nearest voxel."""
    labels = label_blocks(volume.shape)
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing(volume.spacing[::-1])
    affine, shape = scaled_grid(volume.affine, volume.shape, spacing=(spacing,) * 3)
    factors = [s / spacing for s in volume.spacing]
    return as_rows(
        f"labels to {spacing} mm, nearest",
        compare(
            {
                "ctscribe": lambda: resample_onto(labels, volume.affine, affine, shape, order="nearest"),
                "SimpleITK nearest": lambda: sitk_resample(image, spacing, sitk.sitkNearestNeighbor),
                "scipy zoom, order 0": lambda: ndimage.zoom(labels, factors, order=0),
            }
        ),
    )


def main() -> None:
    """Intensities, shrinking, labels."""
    volume = large_volume()
    rows = linear_rows(volume, 1.5) + shrinking_rows(volume, 3.0) + label_rows(volume, 1.5)
    save("resampling", "python benchmarks/resampling.py", rows, ("SimpleITK", "scipy", "torch", "monai"))


if __name__ == "__main__":
    main()
