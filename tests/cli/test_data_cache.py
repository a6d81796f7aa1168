"""``ctscribe data cache``: what it says, where it writes, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cached_cases import drawn_index

from ctscribe.cli.main import main
from ctscribe.data.cache import CachedFeatures, CachedViews, starting_encoders
from ctscribe.data.index import Index
from ctscribe.systems.pages import load_page

SMALL = ["views.volume.size=[8, 16, 16]", "encoders.vit.depth=1"]


@pytest.fixture
def drawn(tmp_path: Path) -> Index:
    return drawn_index(tmp_path, 3)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["data", "cache", *map(str, words)])
    printed = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, printed.out, printed.err


def test_the_cache_lies_beside_the_index(capsys: pytest.CaptureFixture[str], drawn: Index, tmp_path: Path) -> None:
    code, out, err = run(capsys, tmp_path / "index.parquet", "--system", "amosmm-tiny", *SMALL)
    assert (code, err) == (0, "")
    assert out.splitlines() == [str(tmp_path / "index.cache"), "3 cases cached, 0 had been before"]
    assert len(CachedViews(tmp_path / "index.cache", load_page("amosmm-tiny", SMALL), drawn)) == 3
    code, out, _ = run(capsys, tmp_path, "--system", "amosmm-tiny", *SMALL)
    assert (code, out.splitlines()[1]) == (0, "0 cases cached, 3 had been before")


def test_features_and_json(capsys: pytest.CaptureFixture[str], drawn: Index, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    words = ("--features", "--feature-type", "float32", "--seed", 2, "--json", "-o", folder)
    code, out, err = run(capsys, tmp_path, "--system", "amosmm-tiny", *SMALL, *words)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["views"]["made"], told["features"]["made"], told["features"]["complete"]) == (3, 3, True)
    page = load_page("amosmm-tiny", SMALL)
    CachedFeatures(folder, page, starting_encoders(page, seed=2), drawn, dtype="float32")


def test_a_missing_scan_is_listed_and_the_others_are_cached(
    capsys: pytest.CaptureFixture[str], drawn: Index, tmp_path: Path
) -> None:
    (tmp_path / "masks/1.nii.gz").unlink()
    (tmp_path / "ct/2.nii.gz").write_bytes(b"")
    code, out, err = run(capsys, tmp_path, "--system", "amosmm-tiny", *SMALL)
    assert code == 1
    assert "1 cases cached, 0 had been before" in out
    assert [line.split(": ")[:2] for line in err.splitlines()] == [["failed", "case_1"], ["failed", "case_2"]]
    assert "masks" in err.splitlines()[0]


def test_parts_say_that_others_are_missing(capsys: pytest.CaptureFixture[str], drawn: Index, tmp_path: Path) -> None:
    words = ("--num-parts", 2, "--part-id", 1, "--features")
    code, out, err = run(capsys, tmp_path, "--system", "amosmm-tiny", *SMALL, *words)
    assert (code, err) == (0, "")
    assert "other parts of the index are still to be cached; give the command again with --features" in out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--system", "no-such-page"), "there is no system"),
        (("--system", "amosmm-tiny", "views.volume.colour=1"), "no such key"),
        (("--system", "amosmm-tiny", "--part-id", 1), "there is no part 1 of 1"),
        (("--system", "hilt-tiny", "--features"), "trains every one of its encoders"),
    ],
)
def test_bad_usage_is_one_line(
    capsys: pytest.CaptureFixture[str], drawn: Index, tmp_path: Path, words: tuple[object, ...], problem: str
) -> None:
    code, out, err = run(capsys, tmp_path, *words)
    assert (code, out) == (2, "")
    assert problem in err.splitlines()[0]
    assert len(err.splitlines()) <= 2
