from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctscribe.data.phantom.ordering import read_order, shared_out
from ctscribe.errors import BadInput

WISHES = {
    "count": 10,
    "split": "8,1,1",
    "seed": 3,
    "level": "hard",
    "size": "64,128,128",
    "style": "a",
    "anatomies": (),
}


def test_what_was_typed_becomes_an_order(tmp_path):
    ct, masks = tmp_path / "ct.nii.gz", tmp_path / "masks.nii.gz"
    ct.touch(), masks.touch()
    order = read_order(**WISHES | {"anatomies": [f"{ct}:{masks}"]})
    assert (order.recipe.seed, order.recipe.level, order.recipe.size) == (3, "hard", (64, 128, 128))
    assert dict(order.counts) == {"train": 8, "validation": 1, "test": 1}
    assert order.anatomies == ((ct, masks),)
    assert len(order.cases) == len(set(order.cases)) == 10


@given(st.integers(1, 5000), st.tuples(*[st.integers(0, 9)] * 3).filter(any))
def test_no_case_is_lost_between_the_splits(count, shares):
    counts = shared_out(count, ",".join(map(str, shares)))
    assert sum(counts.values()) == count
    for number, share in zip(counts.values(), shares, strict=True):
        assert abs(number - count * share / sum(shares)) < 1.0001


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("level", "standart", "standard"),
        ("style", "c", ""),
        ("split", "trian", "train"),
        ("split", "1,2", "8,1,1"),
        ("split", "0,0,0", "8,1,1"),
        ("split", "nan,1,1", "8,1,1"),
        ("size", "64,128", "D,H,W"),
        ("size", "big,1,1", "D,H,W"),
        ("size", "4,128,128", "32,80,80"),
        ("anatomies", ["scan.nii.gz"], "CT:MASKS"),
        ("anatomies", ["scan.nii.gz:masks.nii.gz"], "check the path"),
    ],
)
def test_what_cannot_be_is_refused(key, value, hint):
    with pytest.raises(BadInput) as refused:
        read_order(**WISHES | {key: value})
    assert hint in (refused.value.hint or "")
