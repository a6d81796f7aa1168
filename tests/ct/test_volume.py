from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.ct.volume import ScanMeta, box_mm


def test_position_and_index_are_inverse():
    volume, _ = chest_phantom((10, 12, 14))
    assert np.allclose(volume.index(volume.position((3.5, 2.0, 7.25))), (3.5, 2.0, 7.25))
    assert volume.position((1, 0, 0))[2] > volume.position((0, 0, 0))[2]


@pytest.mark.parametrize(("thickness", "coarser"), [(None, 10.0), (2.0, 10.0), (12.5, 12.5)])
def test_slices_are_as_coarse_as_their_spacing_or_thickness(thickness, coarser):
    volume, _ = chest_phantom((10, 12, 14), (10.0, 20.0, 20.0))
    assert replace(volume, meta=ScanMeta(slice_thickness_mm=thickness)).slice_mm == pytest.approx(coarser)


def test_box_holds_every_corner_of_every_voxel(rng):
    affine = np.eye(4)
    affine[:3] = rng.normal(size=(3, 4))
    corners = np.array([(affine @ [*(np.array(i) - 0.5), 1])[:3] for i in np.ndindex(4, 5, 6)])
    low, high = box_mm((3, 4, 5), affine)
    assert np.allclose(low, corners.min(axis=0)) and np.allclose(high, corners.max(axis=0))
