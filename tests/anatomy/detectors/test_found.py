"""What the detectors of fluid and opacity share."""

from __future__ import annotations

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.found import Piece, certainty, gathered, thick_pieces
from ctscribe.anatomy.detectors.lung_field import lung_field


def test_thin_layers_vanish_and_thick_ones_grow_back() -> None:
    field = lung_field(*chest_phantom(), 2.0)
    assert field is not None
    seeds, room = np.zeros(field.hu.shape, dtype=bool), np.zeros(field.hu.shape, dtype=bool)
    seeds[20:40, 20:40, 20:22] = True
    seeds[20:40, 20:40, 60:68] = True
    room[20:40, 20:40, 60:69] = True
    (piece,) = thick_pieces(field, seeds, room, 4.0, 2.0)
    assert not piece[:, :, :60].any()
    assert piece[30, 30, 60:69].all()
    # 6 mm from the core at x = 68, and no room beyond.
    assert not piece[:, :, 69:].any()
    assert list(thick_pieces(field, seeds, room, 20.0, 2.0)) == []


@pytest.mark.parametrize(
    ("volume_ml", "expected"), [(19.9, None), (20.0, 0.5), (60.0, 0.75), (100.0, 1.0), (900.0, 1.0)]
)
def test_certainty_grows_with_volume(volume_ml: float, expected: float | None) -> None:
    assert certainty(volume_ml, 20.0) == (None if expected is None else pytest.approx(expected))


def test_pieces_are_drawn_where_they_lie_and_those_between_slices_left_out() -> None:
    volume, labelmap = chest_phantom((38, 80, 100), (8.0, 4.0, 4.0))
    field = lung_field(volume, labelmap, 2.0)
    assert field is not None
    between, across = np.zeros(field.hu.shape, dtype=bool), np.zeros(field.hu.shape, dtype=bool)
    between[21:24, 20:24, 20:24] = True
    across[38:46, 20:30, 20:30] = True
    found = gathered(
        "consolidation", "a detector", volume, field, [Piece(field.whole, m, 0.7) for m in (between, across)]
    )
    (detection,) = found.detections
    assert (detection.kind, detection.source, detection.confidence) == ("consolidation", "a detector", 0.7)
    assert found.mask[detection.voxel]
    assert found.mask.sum() == 2 * 5 * 5
