"""Which changes of a page or of a file make an entry another one, and which leave it as it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from cached_cases import StreamedCases, drawn_index
from phantoms import chest_phantom

from ctscribe.case import Case
from ctscribe.data.cache.keys import FINISHING, case_keys, digest, finished_recipe, sampling_recipes
from ctscribe.errors import BadInput
from ctscribe.model.views import build_views, sample_views
from ctscribe.systems import page_names
from ctscribe.systems.pages import load_page

VIEWS: dict[str, dict[str, Any]] = {
    "volume": {"type": "volume", "size": [8, 16, 16]},
    "low": {"type": "resized", "of": "volume", "size": [4, 8, 8]},
    "slices": {"type": "slices", "size": [16, 16], "count": 4, "clip": [-1000, 1000]},
    "spaced": {"type": "slices", "size": [16, 16], "depth": 4, "spacing": [30.0, 15.0, 15.0], "clip": [-1000, 1000]},
    "masks": {"type": "region_masks", "like": "volume", "patch": [4, 8, 8]},
    "labels": {"type": "labels", "like": "slices"},
}

SAMPLING: list[tuple[str, dict[str, Any]]] = [
    ("volume", {"size": [8, 16, 8]}),
    ("volume", {"spacing": [30.0, 15.0, 15.0]}),
    ("volume", {"foreground_crop": True}),
    ("volume", {"pad": -900, "spacing": [60.0, 30.0, 30.0]}),
    ("slices", {"size": [16, 8]}),
    ("slices", {"count": 5}),
    ("slices", {"foreground_crop": True}),
    ("spaced", {"depth": 5}),
    ("spaced", {"spacing": [30.0, 15.0, 14.0]}),
    ("spaced", {"pad": -900, "spacing": [60.0, 30.0, 30.0]}),
    ("masks", {"patch": [2, 8, 8]}),
    ("masks", {"taxonomy": "amos3"}),
    ("masks", {"union": True}),
    ("masks", {"reduce": "mean"}),
    ("labels", {"taxonomy": "amos3"}),
    ("labels", {"like": "volume"}),
]

FINISH: list[tuple[str, dict[str, Any]]] = [
    ("volume", {"clip": [-500, 500]}),
    ("volume", {"scale": [-1, 1]}),
    ("volume", {"normalise": "minmax"}),
    ("slices", {"clip": [-500, 500]}),
    ("slices", {"clip": None, "windows": "medregion_rgb"}),
    ("slices", {"scale": [-1, 1]}),
    ("slices", {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}),
]


@pytest.fixture(scope="module")
def case() -> Case:
    """With air around the body, so that cropping to it makes a difference."""
    return Case(*chest_phantom((16, 80, 96), (18.0, 5.0, 5.0)))


@pytest.mark.parametrize(("view", "change"), SAMPLING)
def test_every_option_that_changes_a_sample_changes_its_key(view: str, change: dict[str, Any], case: Case) -> None:
    changed = with_change(view, change)
    assert sampling_recipes(changed)[view] != sampling_recipes(VIEWS)[view]
    before, after = (sample_views(build_views(views), case)[view] for views in (VIEWS, changed))
    assert before.shape != after.shape or before.dtype != after.dtype or not torch.equal(before, after)


@pytest.mark.parametrize(("view", "change"), FINISH)
def test_what_only_finishes_a_view_leaves_sample_and_key(view: str, change: dict[str, Any], case: Case) -> None:
    changed = with_change(view, change)
    assert sampling_recipes(changed)[view] == sampling_recipes(VIEWS)[view]
    before, after = (sample_views(build_views(views), case)[view] for views in (VIEWS, changed))
    assert torch.equal(before, after)
    assert finished_recipe(changed, view) != finished_recipe(VIEWS, view)


def test_every_option_is_tried() -> None:
    tried = {(VIEWS[view]["type"], key) for view, change in FINISH for key in change}
    assert tried == {(kind, key) for kind, keys in FINISHING.items() for key in keys}


def test_a_view_that_follows_another_changes_with_it() -> None:
    wider, windowed = with_change("volume", {"size": [8, 32, 32]}), with_change("volume", {"clip": [-500, 500]})
    assert sampling_recipes(wider)["masks"] != sampling_recipes(VIEWS)["masks"]
    assert sampling_recipes(windowed) == sampling_recipes(VIEWS)
    assert finished_recipe(windowed, "low") != finished_recipe(VIEWS, "low")


def test_views_made_from_others_are_not_sampled() -> None:
    assert sampling_recipes(VIEWS).keys() == VIEWS.keys() - {"low"}


def test_names_and_defaults_do_not_matter() -> None:
    renamed = {"other": {**VIEWS["volume"], "pad": -1000, "clip": (-1000.0, 1000.0)}}
    assert sampling_recipes(renamed)["other"] == sampling_recipes(VIEWS)["volume"]


def test_published_systems_that_sample_alike_share_entries() -> None:
    volumes = [sampling_recipes(load_page(name).views)["volume"] for name in ("amosmm", "hsenet")]
    assert volumes[0] == volumes[1]
    assert finished_recipe(load_page("amosmm").views, "volume") != finished_recipe(load_page("hsenet").views, "volume")


@pytest.mark.parametrize("name", page_names())
def test_every_page_has_keys(name: str) -> None:
    page = load_page(name)
    staged = load_page(name, ["language.model=ctscribe/tiny-llama"])
    assert sampling_recipes(page.views) == sampling_recipes(staged.views) != {}


def test_digests_do_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [1.5]}) == digest({"b": [1.5], "a": 1}) != digest({"a": 1, "b": [1.25]})


def test_a_case_is_known_by_its_files(tmp_path: Path) -> None:
    index = drawn_index(tmp_path, 2)
    before = case_keys(index)
    assert before == case_keys(index)
    assert len(set(before.values())) == 2
    scan = tmp_path / "ct/1.nii.gz"
    os.utime(scan, ns=(0, scan.stat().st_mtime_ns + 1))
    after = case_keys(index)
    assert after["case_0"] == before["case_0"] and after["case_1"] != before["case_1"]


def test_a_folder_is_known_by_all_its_files(tmp_path: Path) -> None:
    index = drawn_index(tmp_path, 1)
    scan = tmp_path / "ct/0.nii.gz"
    scan.rename(tmp_path / "slice")
    (scan / "deep").mkdir(parents=True)
    (tmp_path / "slice").rename(scan / "deep/1.dcm")
    before = case_keys(index)
    (scan / "deep/2.dcm").write_bytes(b"")
    assert case_keys(index) != before


def test_two_cases_of_one_name_are_refused() -> None:
    cases = StreamedCases(2)
    cases.records = [cases.records[0]] * 2
    with pytest.raises(BadInput, match="two cases called made_0"):
        case_keys(cases)


def test_streamed_cases_are_known_by_their_records_and_digest() -> None:
    cases, other = StreamedCases(2), StreamedCases(2)
    assert case_keys(cases) == case_keys(other)
    setattr(other, "digest", "another seed")  # noqa: B010
    assert not set(case_keys(cases).values()) & set(case_keys(other).values())


def with_change(view: str, change: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The views with one of them changed; ``None`` removes a key."""
    entry = {key: value for key, value in {**VIEWS[view], **change}.items() if value is not None}
    return {**VIEWS, view: entry}
