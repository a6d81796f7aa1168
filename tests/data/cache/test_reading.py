"""What comes out of a cache is what the views take from the case, to the bit; a stale or damaged one is refused."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cached_cases import drawn_index, write_case

from ctscribe.data.cache import CachedViews, cache_views
from ctscribe.data.cache.reading import MOST_OPEN
from ctscribe.data.index import Index, read_index, write_index
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.model.config import Page
from ctscribe.model.prompt import lesion_lines
from ctscribe.model.views import build_views, sample_views
from ctscribe.systems.pages import load_page


def test_entries_equal_what_the_views_sample(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    cached, views = CachedViews(folder, page, drawn), build_views(page.views)
    assert cached.ids == tuple(record.id for record in drawn.records)
    for at in range(len(cached)):
        case = drawn.case(at)
        expected = sample_views(views, case)
        assert cached[at].keys() == expected.keys()
        for name, values in expected.items():
            assert cached[at][name].dtype == values.dtype
            assert torch.equal(cached[at][name], values)
        assert cached.lesions(at) == lesion_lines(case)
        assert cached.lesions(at)


def test_a_split_is_read_from_the_cache_of_the_whole(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    test = CachedViews(folder, page, drawn.split("test"))
    assert test.ids == ("case_0", "case_4")
    whole = CachedViews(folder, page)
    assert torch.equal(test[1]["slices"], whole[4]["slices"])
    assert not torch.equal(test[0]["slices"], test[1]["slices"])


def test_a_changed_view_is_not_found(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    changed = page.model_copy(update={"views": {**page.views, "slices": {**page.views["slices"], "pad": -900}}})
    with pytest.raises(BadInput, match="does not hold slices-") as caught:
        CachedViews(folder, changed, drawn)
    assert caught.value.code == "not-cached"


def test_a_changed_scan_is_refused_until_it_is_cached_again(tmp_path: Path, folder: Path) -> None:
    index, page = drawn_index(tmp_path, 3), load_page("m3d-tiny", ["views.volume.size=[4, 8, 8]"])
    cache_views(index, page, folder)
    before = CachedViews(folder, page, index)[1]["volume"]
    write_case(tmp_path, 7)
    (tmp_path / "ct/7.nii.gz").replace(tmp_path / "ct/1.nii.gz")
    with pytest.raises(BadInput, match="1 cases have changed since and 0 are new, such as case_1") as caught:
        CachedViews(folder, page, index)
    assert caught.value.code == "stale-cache"
    outcome = cache_views(index, page, folder)
    assert (outcome.made, outcome.kept, outcome.outdated) == (1, 2, 1)
    assert not torch.equal(CachedViews(folder, page, index)[1]["volume"], before)


@pytest.mark.parametrize("beside", ["masks/0.nii.gz", "masks/0_lesions.nii.gz", "masks/0.json"])
def test_what_is_read_along_with_the_masks_counts(tmp_path: Path, page: Page, folder: Path, beside: str) -> None:
    index = drawn_index(tmp_path, 1)
    cache_views(index, page, folder)
    CachedViews(folder, page, index)
    os.utime(tmp_path / beside, ns=(0, 0))
    with pytest.raises(BadInput, match="stale"):
        CachedViews(folder, page, index)


def test_a_new_case_is_not_there_and_then_is(tmp_path: Path, folder: Path) -> None:
    index, page = drawn_index(tmp_path, 3), load_page("m3d-tiny", ["views.volume.size=[4, 8, 8]"])
    cache_views(index, page, folder)
    new = [write_case(tmp_path, 9), *index.records]
    write_index(new, tmp_path / "index.parquet", source="drawn", root=tmp_path)
    longer = read_index(tmp_path / "index.parquet")
    with pytest.raises(BadInput, match="0 cases have changed since and 1 are new"):
        CachedViews(folder, page, longer)
    outcome = cache_views(longer, page, folder)
    assert (outcome.made, outcome.kept) == (1, 3)
    assert CachedViews(folder, page, longer).ids == ("case_9", "case_0", "case_1", "case_2")


def test_a_report_that_changes_leaves_the_cache_valid(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    rewritten = replace(drawn, table=drawn.table.drop(["findings"]).append_column("findings", drawn.table["patient"]))
    assert CachedViews(folder, page, rewritten).ids == CachedViews(folder, page, drawn).ids


@pytest.mark.parametrize("where", ["values", "header", "end"])
def test_a_damaged_shard_is_named_and_made_again(drawn: Index, page: Page, folder: Path, where: str) -> None:
    cache_views(drawn, page, folder)
    [shard] = folder.glob("slices-*/00000.safetensors")
    whole = shard.read_bytes()
    at = {"values": len(whole) - 3, "header": 20, "end": len(whole)}[where]
    shard.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] if at < len(whole) else whole[:-5])
    cached = CachedViews(folder, page, drawn)
    if where != "header":
        with pytest.raises(CTScribeError, match=r"slices-.*/00000\.safetensors: this shard of the cache is damaged"):
            [cached[at] for at in range(len(cached))]
        with pytest.raises(CTScribeError, match="damaged"):
            cached.verify()
    cache_views(drawn, page, folder, verify=True)
    assert shard.read_bytes() == whole
    CachedViews(folder, page, drawn).verify()


def test_a_shard_that_is_gone_is_named(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    cached = CachedViews(folder, page, drawn)
    next(folder.glob("slices-*/00000.safetensors")).unlink()
    with pytest.raises(CTScribeError, match=r"slices-.*damaged"):
        cached[0]


def test_without_a_manifest_caching_has_not_come_to_its_end(drawn: Index, page: Page, folder: Path) -> None:
    cache_views(drawn, page, folder)
    next(folder.glob("slices-*/manifest.parquet")).unlink()
    with pytest.raises(BadInput, match="not come to its end"):
        CachedViews(folder, page, drawn)


def test_few_shards_stay_open_and_a_copy_opens_its_own(tmp_path: Path, folder: Path) -> None:
    count = MOST_OPEN + 3
    index, page = drawn_index(tmp_path, 3), load_page("m3d-tiny", ["views.volume.size=[4, 8, 8]"])
    records = [replace(index.records[at % 3], id=f"copy_{at}") for at in range(count)]
    write_index(records, tmp_path / "index.parquet", source="drawn", root=tmp_path)
    index = read_index(tmp_path / "index.parquet")
    cache_views(index, page, folder, shard_bytes=1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    cached = CachedViews(folder, page, index)
    read = [cached[at]["volume"] for at in range(count)]
    assert len(list(Path("/proc/self/fd").iterdir())) - before <= MOST_OPEN
    copy = pickle.loads(pickle.dumps(cached))  # noqa: S301
    assert all(torch.equal(copy[at]["volume"], read[at]) for at in range(count))
    assert torch.equal(read[0], read[3]) and not torch.equal(read[0], read[1])
