from pathlib import Path

import pytest

from ctscribe.errors import BadInput, CTScribeError
from ctscribe.files import check_output_folder, write_atomically


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


def test_a_folder_of_the_same_name_stops_all(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(CTScribeError, match="b is a folder"):
        write_atomically({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically({tmp_path / "a": b"1"})
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_is_checked_without_making_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    check_output_folder(tmp_path / "new" / "deep")
    monkeypatch.chdir(tmp_path)
    check_output_folder(Path("report"))
    with pytest.raises(BadInput) as refused:
        check_output_folder(tmp_path / "file" / "deep")
    assert refused.value.code == "output-is-a-file"
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(BadInput) as refused:
        check_output_folder(tmp_path)
    assert refused.value.code == "output-read-only"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
