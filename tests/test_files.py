from pathlib import Path

import pytest

from ctscribe.errors import CTScribeError
from ctscribe.files import write_atomically


def test_files_are_written_together(tmp_path: Path) -> None:
    write_atomically({tmp_path / "new" / "a": b"1", tmp_path / "new" / "b": b"2"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()} == {"a": b"1", "b": b"2"}


def test_nothing_is_left_when_one_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder is needed")
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(CTScribeError, match="cannot write"):
        write_atomically({tmp_path / "a": b"new", tmp_path / "new" / "b": b"2", tmp_path / "taken" / "c": b"3"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "taken"]
