from __future__ import annotations

import pytest

from ctscribe.errors import BadInput
from ctscribe.model.views.checks import check_positive, check_rising, divided


def test_values_that_make_sense_pass() -> None:
    check_positive("size", (1, 0.5))
    check_rising("clip", (-1, 0))
    assert divided((8, 9, 10), (4, 3, 5), "a patch") == (2, 3, 2)


@pytest.mark.parametrize("value", [0, -1])
def test_sizes_are_positive(value: int) -> None:
    with pytest.raises(BadInput, match=r"size must be positive, got \[3, "):
        check_positive("size", (3, value))


def test_ranges_rise() -> None:
    with pytest.raises(BadInput, match=r"clip: the low end must lie below the high end, got \[2, 2\]"):
        check_rising("clip", (2, 2))


def test_what_does_not_divide_names_the_axis() -> None:
    with pytest.raises(BadInput, match="a patch of 4 does not divide 9 voxels along y"):
        divided((8, 9, 10), (4, 4, 5), "a patch")
