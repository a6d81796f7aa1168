"""Where structures and lesions run in a slice: masks and the closed curves around them."""

from __future__ import annotations

from functools import cached_property

import cc3d
import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.ndimage import binary_fill_holes
from skimage.measure import approximate_polygon, find_contours

from ctscribe.anatomy.lesions import KIDNEY_CYST_CLASSES, Lesion
from ctscribe.case import Case
from ctscribe.report.schema import LesionEntry

PlaneMask = Bool[np.ndarray, "rows columns"]
Curve = Float64[np.ndarray, "points 2"]


def contours(mask: PlaneMask, tolerance: float = 0.4) -> list[Curve]:
    """Closed curves (row, column) in array indices around a mask, longest first.

    The border runs half a voxel outside the outermost voxels' centres along the axes. Points that a straight line
    replaces within ``tolerance`` voxels are left out.
    """
    curves = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)
    simplified = [approximate_polygon(curve, tolerance) - 1.0 for curve in curves]
    return sorted((curve for curve in simplified if len(curve) > 3), key=len, reverse=True)


def outer_contours(mask: PlaneMask, most_points: int) -> list[Curve]:
    """Contours of a mask with its holes filled, as exactly as ``most_points`` a curve allow; none beyond that.

    Holes are filled because a reader of polygons cannot tell a hole from a second part.
    """
    filled = mask | np.asarray(binary_fill_holes(mask))
    for tolerance in (0.0, 0.5, 1.0):
        curves = contours(filled, tolerance)
        if all(len(curve) <= most_points for curve in curves):
            return curves
    return []


def lesion_of(entry: LesionEntry, case: Case) -> Lesion | None:
    """The case's lesion that a report row was written from, ``None`` when the case does not hold it."""
    for lesion in case.lesions:
        if lesion.kind == entry.kind and np.allclose(lesion.centroid_mm, entry.centroid_mm, atol=0.1):
            return lesion
    return None


def lesion_mask(lesion: Lesion, case: Case) -> tuple[Bool[np.ndarray, "z y x"], tuple[int, int, int]] | None:
    """The lesion's own voxels in its box, and the box's first index (z, y, x); ``None`` when no mask holds it.

    The box may hold parts of neighbours of the same kind: the connected component of the nearest volume is taken.
    """
    window = tuple(slice(first, last + 1) for first, last in lesion.box)
    if lesion.kind in case.labelmap.lesions:
        crop = case.labelmap.lesions[lesion.kind][window]
    elif lesion.kind == "kidney_cyst":
        crop = case.labelmap.mask(*KIDNEY_CYST_CLASSES)[window]
    else:
        return None
    components, count = cc3d.connected_components(np.ascontiguousarray(crop), connectivity=26, return_N=True)
    if not count:
        return None
    volumes = np.bincount(components.ravel())[1:] * case.volume.voxel_ml
    number = 1 + int(np.abs(volumes - lesion.volume_ml).argmin())
    z, y, x = (first for first, _ in lesion.box)
    return components == number, (z, y, x)


class SliceAreas:
    """How many voxels of every structure lie in every axial slice, counted once."""

    def __init__(self, case: Case) -> None:
        self._labelmap = case.labelmap

    @cached_property
    def _counts(self) -> Int64[np.ndarray, "z labels"]:
        labels = self._labelmap.labels
        most = int(labels.max(initial=0)) + 1
        return np.stack([np.bincount(plane.ravel(), minlength=most) for plane in labels])

    def of(self, *structures: str) -> Int64[np.ndarray, " z"]:
        """Voxels of the structures' union per slice."""
        wanted = [label for label in self._labelmap.ids(*structures) if label < self._counts.shape[1]]
        return self._counts[:, wanted].sum(axis=1)

    def present(self, k: int, structures: tuple[str, ...]) -> list[str]:
        """The structures that lie in slice ``k``, largest first."""
        sizes = {structure: int(self.of(structure)[k]) for structure in structures}
        return sorted((name for name, size in sizes.items() if size), key=lambda name: -sizes[name])
