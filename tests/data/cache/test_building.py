"""Killed at any moment and started again, in one process or two, in parts or whole: the files are the same."""

from __future__ import annotations

import errno
import os
import signal
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path

import pytest
from cached_cases import StreamedCases, cache_content, run_until_killed

from ctscribe.data.cache import CachedViews, Part, cache_views
from ctscribe.data.cache.store import BLOCK
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.model.config import Page
from ctscribe.systems.pages import load_page

SIZE = "views.volume.size=[8, 16, 16]"
PAGE = load_page("m3d-tiny", [SIZE])
COUNT = BLOCK + 3
SHARD = 4 * 2 * 8 * 16 * 16
"""Bytes of four samples, and of the sentences on four cases."""

FILES = 2 + 9 + 9 + 2
"""Two descriptions, shards of the view and of the sentences, two manifests."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "cache"
    outcome = cache_views(StreamedCases(COUNT), PAGE, folder, shard_bytes=SHARD)
    assert (outcome.made, outcome.kept, outcome.failures, outcome.complete) == (COUNT, 0, (), True)
    return cache_content(folder)


def test_shards_have_the_size_asked_for(undisturbed: dict[str, bytes]) -> None:
    shards = [len(undisturbed[name]) for name in undisturbed if fnmatch(name, "volume-*/*.safetensors")]
    assert len(shards) == -(-COUNT // 4)
    assert max(shards) < SHARD + 2000  # and its header


@pytest.mark.parametrize(
    ("call", "moment"),
    [("fsync", 1), ("replace", 9), ("replace", FILES - 1), ("fsync", FILES)],
)
def test_a_killed_run_goes_on_to_the_same_files(
    folder: Path, undisturbed: dict[str, bytes], call: str, moment: int
) -> None:
    server = get_context("forkserver")
    server.set_forkserver_preload(["ctscribe.data.cache"])
    killed = server.Process(target=run_until_killed, args=(folder, PAGE.content(), call, moment, COUNT, SHARD))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    with pytest.raises(BadInput):
        CachedViews(folder, PAGE)
    outcome = cache_views(StreamedCases(COUNT), PAGE, folder, shard_bytes=SHARD)
    assert outcome.made + outcome.kept == COUNT
    assert outcome.kept >= (moment - 4) // 2 * 4 or outcome.kept == COUNT  # what was finished is not made again
    assert cache_content(folder) == undisturbed


def test_two_processes_write_the_same_bytes(folder: Path, undisturbed: dict[str, bytes]) -> None:
    cache_views(StreamedCases(COUNT), PAGE, folder, processes=2, shard_bytes=SHARD)
    assert cache_content(folder) == undisturbed


def test_parts_in_any_order_make_up_the_whole(folder: Path, undisturbed: dict[str, bytes]) -> None:
    def run(number: int) -> bool:
        part = Part(number, 3)
        return cache_views(StreamedCases(COUNT), PAGE, folder, part=part, shard_bytes=SHARD).complete

    assert [run(2), run(0)] == [False, False]
    with pytest.raises(BadInput, match="not come to its end"):
        CachedViews(folder, PAGE)
    assert run(1)
    assert cache_content(folder) == undisturbed


def test_a_finished_cache_is_left_as_it_is(folder: Path) -> None:
    cases = StreamedCases(5)
    cache_views(cases, PAGE, folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    outcome = cache_views(cases, PAGE, folder, shard_bytes=1)
    assert (outcome.made, outcome.kept) == (0, 5)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times


def test_a_failing_case_is_told_and_the_others_are_cached(folder: Path) -> None:
    outcome = cache_views(StreamedCases(6, broken=frozenset({2})), PAGE, folder)
    [failure] = outcome.failures
    assert (failure.id, failure.code, failure.hint) == ("made_2", "broken", "draw another")
    assert (outcome.made, outcome.complete) == (5, True)
    assert CachedViews(folder, PAGE, StreamedCases(6)).ids == ("made_0", "made_1", "made_3", "made_4", "made_5")
    mended = cache_views(StreamedCases(6), PAGE, folder)
    assert (mended.made, mended.kept, mended.failures) == (1, 5, ())
    cache_views(StreamedCases(6), PAGE, folder.with_name("other"))
    assert cache_content(folder) == cache_content(folder.with_name("other"))


def test_an_unforeseen_failure_tells_its_kind_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(self: StreamedCases, at: int) -> None:
        raise ZeroDivisionError("the name of the patient")

    monkeypatch.setattr(StreamedCases, "case", fall)
    failures = cache_views(StreamedCases(2), PAGE, folder).failures
    assert [failure.error for failure in failures] == ["unforeseen ZeroDivisionError"] * 2
    assert len(CachedViews(folder, PAGE)) == 0


def test_a_full_disk_is_one_clear_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctscribe.files.os.fsync", _no_space)
    with pytest.raises(CTScribeError, match=r"cannot write .*: No space left on device") as caught:
        cache_views(StreamedCases(2), PAGE, folder)
    assert caught.value.code == "cannot-write"
    assert not folder.exists()


def test_two_systems_share_what_they_sample_alike(folder: Path) -> None:
    cases = StreamedCases(2)
    cache_views(cases, PAGE, folder)
    before = cache_content(folder)
    windowed = load_page("m3d-tiny", [SIZE, "views.volume.clip=[-900, 300]"])
    assert cache_views(cases, windowed, folder).kept == 2
    assert cache_content(folder) == before


def test_views_of_one_page_that_sample_alike_are_kept_once(folder: Path) -> None:
    page = _with_view("twin", {**PAGE.views["volume"], "clip": (-500, 500)})
    cache_views(StreamedCases(2), page, folder)
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["lesions", "volume"]
    entry = CachedViews(folder, page)[1]
    assert entry["twin"].tolist() == entry["volume"].tolist()


def test_another_index_does_not_overwrite_a_cache(folder: Path) -> None:
    cache_views(StreamedCases(2), PAGE, folder)
    other = StreamedCases(4)
    other.records = other.records[2:]
    with pytest.raises(BadInput, match="the cache of another index") as caught:
        cache_views(other, PAGE, folder)
    assert caught.value.code == "another-index"


def test_fewer_cases_leave_no_shards_behind(folder: Path) -> None:
    cache_views(StreamedCases(9), PAGE, folder, shard_bytes=SHARD)
    cache_views(StreamedCases(3), PAGE, folder, shard_bytes=SHARD)
    cache_views(StreamedCases(3), PAGE, folder.with_name("other"), shard_bytes=SHARD)
    assert cache_content(folder) == cache_content(folder.with_name("other"))


def test_an_index_without_cases_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match="no cases"):
        cache_views(StreamedCases(0), PAGE, folder)


def test_parts_are_counted_from_0() -> None:
    with pytest.raises(BadInput, match="there is no part 2 of 2"):
        Part(2, 2)


def _with_view(name: str, view: dict[str, object]) -> Page:
    return PAGE.model_copy(update={"views": {**PAGE.views, name: view}})


def _no_space(file: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
