from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.plates import Plate, plate_weight


def lung_of_one() -> tuple[Lungs, tuple[float, float, float]]:
    lungs = Lungs.of(atlas_canvas())
    assert lungs is not None
    z, y, x = np.unravel_index(int(lungs.depth.argmax()), lungs.shape)
    return lungs, (float(z) * 5, float(y) * 3, float(x) * 3)


@pytest.mark.parametrize(("thickness", "voxels"), [(2.0, 1), (9.0, 3)])
def test_as_thick_as_asked_but_a_voxel_at_least(thickness: float, voxels: int) -> None:
    lungs, centre = lung_of_one()
    plate = Plate(centre, (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 18.0, 18.0, thickness, 0.0)
    weight = plate_weight(lungs, plate, np.zeros(lungs.shape, np.float32))
    z, y, _ = (round(c / step) for c, step in zip(centre, lungs.spacing, strict=True))
    assert np.count_nonzero(weight[z, y] >= 0.5) == voxels and weight.max() == 1
    extents = [np.ptp(axis) * step for axis, step in zip(np.nonzero(weight), lungs.spacing, strict=True)]
    assert extents[0] <= 36 and extents[1] <= 36


def test_bend_and_wobble_move_it() -> None:
    lungs, centre = lung_of_one()
    flat = Plate(centre, (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), 18.0, 18.0, 3.0, 0.0)
    still = np.zeros(lungs.shape, np.float32)
    columns = [
        np.nonzero(plate_weight(lungs, plate, wobble))[2].mean()
        for plate, wobble in ((flat, still), (flat._replace(bend=9.0), still), (flat, still - 6))
    ]
    assert columns[0] + 0.5 < columns[1] and columns[2] == pytest.approx(columns[0] + 2, abs=0.3)
