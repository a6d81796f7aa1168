"""The scan after reading: Hounsfield units on a grid whose axes everyone after the reader may rely on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ctscribe.types import Affine, HUArray, Point, Spacing

ScanFormat = Literal["dicom", "nifti", "nrrd", "metaimage", "array"]


@dataclass(frozen=True)
class PatientIdentity:
    """Who the scan is of. Read only when the caller asks for identity; never logged, shown or stored otherwise."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    referring_physician: str = ""


@dataclass(frozen=True)
class DicomReferences:
    """Where each canonical slice lies in the PACS.

    ``sop_instance_uids[k]`` and ``frame_numbers[k]`` (``None`` for single-frame objects) name the DICOM object that
    canonical slice ``k`` came from while ``aligned``; a series that was reoriented or resampled is not aligned, and
    lists its objects in the order of acquisition.
    """

    study_instance_uid: str
    series_instance_uid: str
    frame_of_reference_uid: str
    sop_class_uid: str
    sop_instance_uids: tuple[str, ...]
    frame_numbers: tuple[int, ...] | None = None
    aligned: bool = True
    patient: PatientIdentity | None = None


@dataclass(frozen=True)
class ScanMeta:
    """What is known of the acquisition besides its voxels. Unknown is ``None``.

    ``repairs`` are sentences saying what the reader mended (they reach the report's technique line); ``warnings``
    say what limits the scan without making it unusable.
    """

    format: ScanFormat = "array"
    slice_thickness_mm: float | None = None
    contrast: bool | None = None
    kvp: float | None = None
    kernel: str | None = None
    manufacturer: str | None = None
    repairs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dicom: DicomReferences | None = None


@dataclass(frozen=True, eq=False)
class CTVolume:
    """A CT in Hounsfield units on a canonical grid.

    Parameters
    ----------
    hu : int16 or float32, axes (z, y, x): z toward Superior, y toward Posterior, x toward patient Left.
    affine : maps an array index (z, y, x, 1) to an LPS position (x, y, z, 1) in mm. Its rotation from the patient
        axes is below one degree; a scan acquired obliquely has been resampled by the reader, and says so in
        ``meta.repairs``.
    meta : acquisition facts without patient identity, unless it was asked for.

    It is *not* a stack as acquired: slice 0 is the most inferior one, whatever the files' order was.
    """

    hu: HUArray
    affine: Affine
    meta: ScanMeta = field(default_factory=ScanMeta)

    @property
    def spacing(self) -> Spacing:
        """mm between voxel centres along (z, y, x)."""
        z, y, x = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    @property
    def slice_mm(self) -> float:
        """The coarser of slice spacing and slice thickness: what a structure must exceed to be seen along z."""
        return max(self.spacing[0], self.meta.slice_thickness_mm or 0.0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along (z, y, x)."""
        z, y, x = self.hu.shape
        return z, y, x

    @property
    def size_mm(self) -> Spacing:
        """Extent along (z, y, x) in mm, from outer edge to outer edge."""
        (nz, ny, nx), (sz, sy, sx) = self.shape, self.spacing
        return nz * sz, ny * sy, nx * sx

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in mL."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000

    def position(self, index: tuple[float, float, float]) -> Point:
        """LPS position (x, y, z) in mm of an array index (z, y, x), fractions allowed."""
        x, y, z = (self.affine @ np.array([*index, 1.0]))[:3]
        return float(x), float(y), float(z)

    def index(self, position: Point) -> tuple[float, float, float]:
        """Array index (z, y, x), fractional, of an LPS position (x, y, z) in mm."""
        z, y, x = np.linalg.solve(self.affine, np.array([*position, 1.0]))[:3]
        return float(z), float(y), float(x)


def canonical_affine(spacing: Spacing, origin: Point = (0.0, 0.0, 0.0)) -> Affine:
    """Affine of an axis-aligned canonical grid: ``spacing`` (z, y, x) mm, ``origin`` LPS mm of voxel (0, 0, 0)."""
    sz, sy, sx = spacing
    return np.array(
        [[0, 0, sx, origin[0]], [0, sy, 0, origin[1]], [sz, 0, 0, origin[2]], [0, 0, 0, 1]], dtype=np.float64
    )


def box_mm(shape: tuple[int, ...], affine: Affine) -> Float64[np.ndarray, "ends 3"]:
    """Lowest and highest LPS position (2, 3) in mm of a grid, from outer edge to outer edge."""
    edges = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in shape], indexing="ij")).reshape(3, -1)
    corners = affine[:3, :3] @ edges + affine[:3, 3:]
    return np.stack([corners.min(axis=1), corners.max(axis=1)])
