"""Every source reads a miniature tree in its exact layout, through preparation and back from the index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.preparing import prepare_index
from ctscribe.data.sources import SOURCES
from ctscribe.errors import BadInput

TREES: dict[str, tuple[Callable[[Path], Path], int]] = {
    "ct-rate": (trees.ct_rate, 7),
    "radgenome": (trees.radgenome, 3),
    "amos-mm": (trees.amos_mm, 2),
    "inspect": (trees.inspect, 60),
    "m3d-cap": (trees.m3d_cap, 3),
    "m3d-vqa": (trees.m3d_vqa, 1),
    "rexgroundingct": (trees.rexgroundingct, 2),
    "merlin": (trees.merlin, 3),
    "lidc": (trees.lidc, 1),
    "folder": (trees.folder, 2),
}


@pytest.mark.parametrize("name", TREES)
def test_a_tree_in_its_layout_becomes_an_index(name: str, tmp_path: Path) -> None:
    build, cases = TREES[name]
    index = prepare_index(name, build(tmp_path / "data"), tmp_path / "index.parquet")
    assert (len(index), index.source) == (cases, name)
    assert all(index.path_of(record).exists() for record in index.records)
    again = prepare_index(name, tmp_path / "data", tmp_path / "again.parquet")
    assert (tmp_path / "index.parquet").read_bytes() == (tmp_path / "again.parquet").read_bytes()
    assert index.digest == again.digest


def test_every_source_has_a_tree() -> None:
    assert {*TREES, "bimcv-r"} == set(SOURCES.names)


def test_a_wrong_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no data set 'ctrate'") as caught:
        prepare_index("ctrate", tmp_path, tmp_path / "index.parquet")
    assert caught.value.hint == "did you mean 'ct-rate'?"


def test_a_wrong_option_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"ct-rate\.recno: no such key") as caught:
        prepare_index("ct-rate", tmp_path, tmp_path / "index.parquet", {"recno": "first"})
    assert caught.value.hint == "did you mean 'recon'?"


@pytest.mark.parametrize("name", sorted({*TREES, "bimcv-r"}))
def test_an_empty_folder_is_not_a_data_set(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        prepare_index(name, tmp_path, tmp_path / "index.parquet")
    assert caught.value.code == "file-missing"
    assert not (tmp_path / "index.parquet").exists()
