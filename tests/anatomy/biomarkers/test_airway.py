"""Width of drawn windpipes, and of the real one."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import shared
from lidc import lidc_scan

from ctscribe.anatomy.biomarkers.airway import tracheal_diameter
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, canonical_affine


def drawn(narrow: int = 0, slices: int = 60, names: dict[int, str] | None = None, step: float = 2.0) -> Scan:
    """A trachea 18 mm wide over two main bronchi; ``narrow`` slices of it are 8 mm wide."""
    labels = np.zeros((slices, 40, 60), dtype=np.uint8)
    labels[:10, 15:25, 10:20] = labels[:10, 15:25, 40:50] = 16
    labels[10:14, 15:25, 10:50] = 16
    labels[14:, 15:25, 21:39] = 16
    labels[40 : 40 + narrow, 15:25, 21:26] = 0
    labels[40 : 40 + narrow, 15:25, 34:39] = 0
    volume = CTVolume(np.zeros(labels.shape, dtype=np.int16), canonical_affine((step, 1.0, 1.0)))
    return Scan(volume, LabelMap(labels, names or {16: "trachea"}, volume.affine, source="drawn"))


def test_width_of_a_straight_trachea() -> None:
    measured = tracheal_diameter(drawn())
    assert measured.value == pytest.approx(18)
    assert measured.reason is None


def test_the_narrowest_place_is_found_and_drawn() -> None:
    measured = tracheal_diameter(drawn(narrow=3))
    assert measured.value == pytest.approx(8)
    assert measured.key_slice in range(40, 43)
    (start, end) = measured.line_mm
    assert end[0] - start[0] == pytest.approx(8)
    assert start[0] == pytest.approx(25.5)


def test_one_frayed_slice_is_no_stenosis() -> None:
    assert tracheal_diameter(drawn(narrow=1)).value == pytest.approx(18)


@pytest.mark.parametrize(
    ("scan", "reason"),
    [
        (drawn(names={16: "esophagus"}), "not segmented"),
        (drawn(slices=30), "in view"),
        (drawn(step=12.0), "too thick"),
    ],
)
def test_not_assessable(scan: Scan, reason: str) -> None:
    measured = tracheal_diameter(scan)
    assert measured.value is None
    assert reason in (measured.reason or "")


def test_real_trachea_is_of_human_width() -> None:
    measured = tracheal_diameter(Scan(*lidc_scan(shared("lidc0001"))))
    assert measured.value is not None
    assert 10 < measured.value < 25
