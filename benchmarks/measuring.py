"""Connected components and statistics over label maps against the usual ways: python benchmarks/measuring.py"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from comparison import as_rows, compare, save
from scipy import ndimage
from skimage import measure
from volumes import label_blocks, large_volume

from ctscribe.anatomy.label_statistics import label_statistics
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.ct.volume import CTVolume


def nodules_in_a_lung(volume: CTVolume, count: int = 40) -> LabelMap:
    """Half the volume as one lobe, with balls of 3 to 12 voxels in it."""
    rng, shape = np.random.default_rng(0), volume.shape
    lobe = np.zeros(shape, dtype=np.uint8)
    lobe[:, :, : shape[2] // 2] = 14
    mask = np.zeros(shape, dtype=bool)
    for _ in range(count):
        radius = int(rng.integers(3, 12))
        z, y, x = (int(rng.integers(radius, n - radius)) for n in (shape[0], shape[1], shape[2] // 2))
        ball = np.linalg.norm(np.indices((2 * radius + 1,) * 3) - radius, axis=0) <= radius
        mask[z - radius : z + radius + 1, y - radius : y + radius + 1, x - radius : x + radius + 1] |= ball
    names = {14: "lung_lower_lobe_right"}
    return LabelMap(lobe, names, volume.affine, "benchmark", lesions={"lung_nodule": mask})


def with_skimage(mask: np.ndarray) -> list[object]:
    """Label, then a property of each region."""
    return [(region.bbox, region.area, region.centroid) for region in measure.regionprops(measure.label(mask))]


def with_scipy(mask: np.ndarray) -> object:
    """Label, boxes, sizes, centres."""
    labelled, count = ndimage.label(mask, np.ones((3, 3, 3)))
    numbers = np.arange(1, count + 1)
    return (
        ndimage.find_objects(labelled),
        ndimage.sum_labels(mask, labelled, numbers),
        ndimage.center_of_mass(mask, labelled, numbers),
    )


def with_simpleitk(mask: np.ndarray) -> object:
    """Label, then shape statistics."""
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True))
    return [statistics.GetBoundingBox(label) for label in statistics.GetLabels()]


def means_with_scipy(hu: np.ndarray, labels: np.ndarray) -> object:
    """Mean, spread and box of every label."""
    numbers = np.arange(1, labels.max() + 1)
    spread = ndimage.standard_deviation(hu, labels, numbers)
    return ndimage.mean(hu, labels, numbers), spread, ndimage.find_objects(labels)


def means_with_simpleitk(hu: np.ndarray, labels: np.ndarray) -> object:
    """Intensity statistics of every label."""
    statistics = sitk.LabelStatisticsImageFilter()
    statistics.Execute(sitk.GetImageFromArray(hu), sitk.GetImageFromArray(labels))
    return [statistics.GetMean(label) for label in statistics.GetLabels()]


def means_by_loop(hu: np.ndarray, labels: np.ndarray) -> object:
    """One mask a label, as most scripts do."""
    return [hu[labels == label].mean() for label in np.unique(labels)]


def main() -> None:
    """Lesions of one kind; figures of 117 organs."""
    volume = large_volume()
    nodules = nodules_in_a_lung(volume)
    mask = np.asarray(nodules.lesions["lung_nodule"])
    labels = label_blocks(volume.shape)
    rows = as_rows(
        "components, boxes, volumes of 40 lesions",
        compare(
            {
                "ctscribe": lambda: measure_lesions(nodules, volume, all_components=True),
                "skimage": lambda: with_skimage(mask),
                "scipy.ndimage": lambda: with_scipy(mask),
                "SimpleITK": lambda: with_simpleitk(mask),
            },
            repeats=3,
        ),
    )
    rows += as_rows(
        "statistics of 117 labels",
        compare(
            {
                "ctscribe": lambda: label_statistics(volume.hu, labels),
                "loop over labels": lambda: means_by_loop(volume.hu, labels),
                "scipy.ndimage": lambda: means_with_scipy(volume.hu, labels),
                "SimpleITK": lambda: means_with_simpleitk(volume.hu, labels),
            },
            repeats=3,
        ),
    )
    save("measuring", "python benchmarks/measuring.py", rows, ("scikit-image", "scipy", "SimpleITK"))


if __name__ == "__main__":
    main()
