from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.views import build_views, finish_views, sample_views

PAGE = {
    "slices": {"type": "slices", "size": [28, 28], "count": 6, "windows": "medregion_rgb", "foreground_crop": True},
    "high": {"type": "volume", "size": [16, 32, 32], "spacing": [15, 10, 10], "clip": [-1000, 200]},
    "low": {"type": "resized", "of": "high", "size": [8, 16, 16]},
    "foreground": {"type": "region_masks", "like": "slices", "patch": 14, "union": True},
    "regions": {"type": "region_masks", "like": "slices", "patch": [1, 14, 14], "reduce": "trilinear"},
    "labels": {"type": "labels", "like": "high"},
    "crops": {"type": "crops", "of": "high", "grid": [1, 2, 2]},
}


def test_a_whole_page_has_the_shapes_it_promises(chest: Case) -> None:
    views = build_views(PAGE)
    assert list(views) == list(PAGE)
    samples = sample_views(views, chest)
    assert set(samples) == set(PAGE) - {"low", "crops"}
    finished = finish_views(views, {name: torch.stack([sample] * 2) for name, sample in samples.items()})
    for name, view in views.items():
        assert finished[name].shape == (2, *view.shape)
        assert finished[name].dtype == torch.float32
        assert finished[name].min() >= 0 and finished[name].max() <= 1


def test_a_derived_view_is_made_from_the_one_it_names(chest: Case) -> None:
    views = build_views(PAGE)
    finished = finish_views(views, {name: sample[None] for name, sample in sample_views(views, chest).items()})
    assert torch.equal(finished["low"], views["low"].finish(finished["high"]))
    assert torch.equal(finished["crops"], views["crops"].finish(finished["high"]))


def test_a_page_finishes_on_the_meta_device(chest: Case) -> None:
    views = build_views(PAGE)
    samples = {name: sample[None].to("meta") for name, sample in sample_views(views, chest).items()}
    for name, tensor in finish_views(views, samples).items():
        assert tensor.is_meta and tensor.shape == (1, *views[name].shape)


def test_one_case_of_a_batch_does_not_change_another(chest: Case, noise: Case) -> None:
    views = build_views({"volume": {"type": "volume", "size": [4, 8, 8], "normalise": "minmax"}})
    first, second = (sample_views(views, case)["volume"] for case in (chest, noise))
    both = finish_views(views, {"volume": torch.stack([first, second])})["volume"]
    for number, sample in enumerate((first, second)):
        assert torch.equal(both[number], finish_views(views, {"volume": sample[None]})["volume"][0])


def test_a_scan_without_masks_names_the_view(chest: Case) -> None:
    labelmap = replace(chest.labelmap, labels=np.zeros_like(chest.labelmap.labels))
    with pytest.raises(BadInput, match="view 'foreground': the scan has no organ masks") as refusal:
        sample_views(build_views(PAGE), replace(chest, labelmap=labelmap))
    assert refusal.value.hint and refusal.value.code == "no-organ-masks"


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ({"type": "volum", "size": [1, 1, 1]}, "views.x: there is no view 'volum'", "did you mean 'volume'"),
        ({"size": [1, 1, 1]}, "views.x.type: this key is missing", "known: crops, labels"),
        ({"type": "volume"}, "views.x.size: this key is missing", None),
        ({"type": "volume", "size": [4, 4, 4], "spacings": [1, 1, 1]}, "views.x.spacings: no such key", "'spacing'"),
        ({"type": "volume", "size": [4, 4]}, "views.x.size", None),
        ({"type": "labels", "like": "y"}, "views.x: like names 'y', which is no view above", "no view stands above"),
        ({"type": "slices", "size": [4, 4], "count": 2, "spacing": [1, 1, 1]}, "views.x: give either count", "count"),
        ({"type": "volume", "size": [4, 4, 4], "clip": [1, 0]}, "views.x: clip: the low end", None),
    ],
)
def test_a_wrong_page_is_refused_in_one_line(entry: dict, message: str, hint: str | None) -> None:
    with pytest.raises(BadInput) as refusal:
        build_views({"x": entry})
    assert refusal.value.message.startswith(message)
    assert "\n" not in refusal.value.message
    assert hint is None or hint in (refusal.value.hint or "")


def test_a_view_is_only_known_below_it() -> None:
    page = {"labels": {"type": "labels", "like": "volume"}, "volume": {"type": "volume", "size": [4, 4, 4]}}
    with pytest.raises(BadInput, match=r"views\.labels: like names 'volume', which is no view above it"):
        build_views(page)
