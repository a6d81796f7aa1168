"""From a folder to its index: masks from elsewhere, nothing written when something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.sources import trees

from ctscribe.data.preparing import Preparation, prepare_index
from ctscribe.errors import BadInput


def test_masks_from_a_folder_go_to_the_scans_of_their_names(tmp_path: Path) -> None:
    root = trees.folder(tmp_path / "data")
    trees.touch(root, ("masks/a.nii.gz", "masks/other.nii.gz"))
    index = prepare_index("folder", root, root / "i.parquet", preparation=Preparation(masks=root / "masks"))
    assert [record.masks for record in index.records] == ["masks/a.nii.gz", None]
    trees.touch(tmp_path, ("elsewhere/b/heart.nii.gz",))
    index = prepare_index("folder", root, root / "i.parquet", preparation=Preparation(masks=tmp_path / "elsewhere"))
    assert [record.masks for record in index.records] == [None, str(tmp_path / "elsewhere" / "b")]


def test_a_folder_without_their_masks_is_refused(tmp_path: Path) -> None:
    root = trees.folder(tmp_path / "data")
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(BadInput, match="holds no masks of these scans"):
            prepare_index("folder", root, root / "i.parquet", preparation=Preparation(masks=folder))


def test_nothing_is_written_when_the_records_do_not_pass(tmp_path: Path) -> None:
    root = trees.folder(tmp_path / "data")
    (root / "a.nii.gz").unlink()
    with pytest.raises(BadInput, match="missing"):
        prepare_index("folder", root, tmp_path / "out" / "i.parquet")
    assert not (tmp_path / "out").exists()
    index = prepare_index(
        "folder", root, tmp_path / "out" / "i.parquet", preparation=Preparation(allow_missing=True, check_hu=0)
    )
    assert [record.id for record in index.records] == ["b"]
    assert index.options == {"--allow-missing": "True"}


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        prepare_index("folder", tmp_path / "none", tmp_path / "i.parquet")


def test_options_and_notes_stay_with_the_index(tmp_path: Path) -> None:
    root = trees.ct_rate(tmp_path / "data")
    index = prepare_index("ct-rate", root, tmp_path / "i.parquet", {"recon": "first"})
    assert index.options == {"recon": "first"}
    assert index.notes == ("Volumes left out because no_chest_train.txt lists them: 1.",)
