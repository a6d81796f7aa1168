"""The array shapes of the project, each named once.

Axes are always in the order (z, y, x): z toward Superior, y toward Posterior, x toward patient Left. The aliases are
jaxtyping annotations; the test run enforces them with beartype.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int16, UInt8, UInt16

HUArray: TypeAlias = Int16[np.ndarray, "z y x"] | Float32[np.ndarray, "z y x"]
"""Hounsfield units on a canonical grid."""

Mask: TypeAlias = Bool[np.ndarray, "z y x"]
"""One structure or lesion kind on the volume's grid."""

Labels: TypeAlias = UInt8[np.ndarray, "z y x"] | UInt16[np.ndarray, "z y x"]
"""A label map's voxels, 0 is background."""

Affine: TypeAlias = Float64[np.ndarray, "4 4"]
"""Homogeneous array index (z, y, x, 1) → LPS position (x, y, z, 1) in mm."""

Spacing: TypeAlias = tuple[float, float, float]
"""mm between voxel centres along (z, y, x)."""

Point: TypeAlias = tuple[float, float, float]
"""An LPS position (x, y, z) in mm."""

SliceRange: TypeAlias = tuple[int, int]
"""First and last axial slice, both included, as canonical z indices."""
