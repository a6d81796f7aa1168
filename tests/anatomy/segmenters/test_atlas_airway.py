"""A drawn windpipe, and a carried one that lies beside it."""

from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.segmenters.atlas.airway import REACH_MM, find_airway

SPACING = 1.5


def drawn(beside: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """HU and lumen of a trachea 18 mm wide; ``beside`` opens it on some slices into air as large as a lung."""
    y, x = np.indices((60, 80)) * SPACING
    lumen = np.repeat((np.hypot(x - 45, y - 45) <= 9)[None], 20, axis=0)
    hu = np.where(lumen, -1000, 40).astype(np.float32)
    if beside:
        hu[8:10, 10:50, 33:75] = -1000
    return hu, lumen


@pytest.mark.parametrize("shift_mm", [0, 6, 10])
def test_sections_are_whole_however_far_off_the_carried_trachea_is(shift_mm: float) -> None:
    hu, lumen = drawn()
    carried = np.roll(lumen, round(shift_mm / SPACING), axis=2)
    found = find_airway(hu, carried, SPACING)
    assert np.array_equal(found, lumen)


def test_air_as_large_as_a_lung_is_not_taken_in() -> None:
    hu, lumen = drawn(beside=True)
    found = find_airway(hu, lumen, SPACING)
    reach = round(REACH_MM / SPACING) + 1
    assert not found[:, :, np.flatnonzero(lumen.any(axis=(0, 1)))[-1] + reach + 1 :].any()
    assert np.array_equal(found[:7], lumen[:7])
