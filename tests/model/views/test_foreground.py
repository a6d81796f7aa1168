from __future__ import annotations

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.model.views.foreground import BODY_HU, foreground_box, whole_box


def body_bounds(hu: np.ndarray) -> list[tuple[int, int]]:
    return [(int(at.min()), int(at.max()) + 1) for at in np.nonzero(hu > BODY_HU)]


@pytest.mark.parametrize(("shape", "spacing"), [((24, 80, 100), (5.0, 4.0, 4.0)), ((15, 152, 308), (8.0, 2.1, 1.3))])
def test_holds_the_whole_body_and_little_more(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> None:
    volume, _ = chest_phantom(shape, spacing)
    for part, (low, high), n, step in zip(foreground_box(volume), body_bounds(volume.hu), shape, spacing, strict=True):
        assert 0 <= part.start <= low and high <= part.stop <= n
        assert (low - part.start) * step <= 8 and (part.stop - high) * step <= 8


@pytest.mark.parametrize("gap", [1, 0])
def test_a_table_top_stays_out_even_where_the_body_lies_on_it(gap: int) -> None:
    volume, _ = chest_phantom()
    _, (_, back), _ = body_bounds(volume.hu)
    hu = volume.hu.copy()
    hu[:, back + gap : back + gap + 1] = 200  # one sheet of 4 mm over the whole width
    hu[:, back + gap + 3] = 200  # and its underside
    with_table = foreground_box(CTVolume(hu, volume.affine))
    _, y, x = foreground_box(volume)
    assert with_table[1].stop <= y.stop + 1
    assert with_table[2] == x


def test_a_thin_chest_wall_is_no_sheet() -> None:
    hu = np.full((10, 30, 30), -1000, dtype=np.int16)
    hu[:, 5:25, 3:27] = 40
    hu[:, 7:23, 5:25] = -850  # lung within walls of 8 mm
    hu[:, 10:20, 12:18] = 40
    volume = CTVolume(hu, canonical_affine((4.0, 4.0, 4.0)))
    assert foreground_box(volume) == (slice(0, 10), slice(5, 25), slice(3, 27))


def test_a_bounding_box_is_cut_along_z_too() -> None:
    hu = np.full((40, 30, 30), -1000, dtype=np.int16)
    hu[10:25, 5:20, 8:24] = 40
    volume = CTVolume(hu, canonical_affine((4.0, 4.0, 4.0)))
    assert foreground_box(volume) == (slice(10, 25), slice(5, 20), slice(8, 24))


def test_a_scan_without_a_body_is_kept_whole() -> None:
    air = CTVolume(np.full((4, 5, 6), -1000, dtype=np.int16), canonical_affine((4.0, 4.0, 4.0)))
    assert foreground_box(air) == (slice(0, 4), slice(0, 5), slice(0, 6))


def test_the_whole_box_leaves_nothing_out() -> None:
    assert np.zeros((3, 4, 5))[whole_box((3, 4, 5))].shape == (3, 4, 5)
