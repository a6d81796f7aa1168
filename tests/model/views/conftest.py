"""A drawn chest as a case, shared by the views' tests."""

from __future__ import annotations

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume, canonical_affine


@pytest.fixture(scope="session")
def chest() -> Case:
    return Case(*chest_phantom())


@pytest.fixture
def noise(rng: np.random.Generator) -> Case:
    """7×9×11 voxels of 3.0×2.0×1.5 mm, every one different, every label drawn at random."""
    affine = canonical_affine((3.0, 2.0, 1.5), (10.0, -20.0, 30.0))
    hu = rng.integers(-1200, 1200, (7, 9, 11), dtype=np.int16)
    labels = rng.integers(0, 4, (7, 9, 11), dtype=np.uint8)
    names = {1: "trachea", 2: "heart", 3: "aorta"}
    return Case(CTVolume(hu, affine), LabelMap(labels, names, affine, source="drawn"))
