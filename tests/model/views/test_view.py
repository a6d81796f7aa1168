from __future__ import annotations

import pytest

from ctscribe.errors import BadInput
from ctscribe.model.views import VIEWS
from ctscribe.model.views.resized import Resized
from ctscribe.model.views.slices import Slices
from ctscribe.model.views.view import View, followed, followed_volume, is_volume
from ctscribe.model.views.volume import Volume


@pytest.fixture
def others() -> dict[str, View]:
    volume = Volume({}, size=(4, 4, 4))
    low = Resized({"volume": volume}, of="volume", size=(2, 2, 2))
    return {"volume": volume, "slices": Slices({}, size=(8, 8), count=3, clip=(0, 1)), "low": low}


def test_every_kind_is_registered() -> None:
    assert VIEWS.names == ("crops", "labels", "region_masks", "resized", "slices", "volume")


def test_a_view_above_is_followed_by_its_voxels(others: dict[str, View]) -> None:
    assert followed(others, "slices", "like") == (others["slices"], (3, 8, 8))
    assert followed_volume(others, "volume", "of") == (4, 4, 4)


def test_what_is_a_volume(others: dict[str, View]) -> None:
    assert {name: is_volume(view) for name, view in others.items()} == {"volume": True, "slices": False, "low": False}


def test_names_that_cannot_be_followed(others: dict[str, View]) -> None:
    with pytest.raises(BadInput, match="like names 'slice', which is no view above it") as no_view:
        followed(others, "slice", "like")
    assert no_view.value.hint == "did you mean 'slices'?"
    with pytest.raises(BadInput, match="which is no view above it") as nothing:
        followed({}, "slices", "like")
    assert nothing.value.hint == "no view stands above it in the page"
    with pytest.raises(BadInput, match="of names 'low', which has no grid on the scan"):
        followed(others, "low", "of")
    with pytest.raises(BadInput, match="of names 'slices', which is not a volume"):
        followed_volume(others, "slices", "of")
