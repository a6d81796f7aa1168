from __future__ import annotations

import pytest

from ctscribe.errors import BadInput
from ctscribe.model.features import FeatureSpec, MaskSpec
from ctscribe.model.projectors.fitting import check_heads, check_positive, divided, masks_on, patches_of

GRID = (8, 16, 16)


def test_what_fits_comes_back() -> None:
    source, masks = FeatureSpec(768, GRID), MaskSpec(6, GRID)
    assert patches_of((source,), "part") == (source, GRID)
    assert masks_on(masks, GRID, "part") is masks
    assert divided(GRID, (8, 4, 2), "part") == (1, 4, 8)
    check_heads(768, 12, "part")
    check_positive("part", stride=1)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: patches_of((), "part"), "part: it projects one source, and the stream names 0"),
        (lambda: patches_of((FeatureSpec(512, slots=1),), "part"), "part: its source gives no patch tokens"),
        (lambda: divided(GRID, (8, 3, 4), "part"), "part: a patch grid of 8×16×16 cannot be divided by 8×3×4"),
        (lambda: masks_on(None, GRID, "part"), "part: it needs masks"),
        (
            lambda: masks_on(MaskSpec(1, (8, 8, 8)), GRID, "part"),
            "part: the masks lie on a grid of 8×8×8, the patches on 8×16×16",
        ),
        (lambda: check_heads(768, 5, "part"), "part.heads: 5 heads do not divide a width of 768"),
        (lambda: check_positive("part", stride=0), "part.stride: it must be at least 1, got 0"),
    ],
)
def test_what_does_not_is_told_in_one_line(check, message: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check()
    assert refusal.value.message == message
