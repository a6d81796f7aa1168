from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from ctscribe.cli.process import prepared_process

HELP = [sys.executable, "-c", "from ctscribe.cli.main import main; main(['--help'])"]


def test_libraries_are_silent_and_heard_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    handler = logging.StreamHandler()
    library.addHandler(handler)
    with prepared_process(debug=False):
        warnings.warn("of ZEBRA^PATIENT", stacklevel=1)
        library.error("of ZEBRA^PATIENT")
    assert capfd.readouterr() == ("", "")
    with prepared_process(debug=True), pytest.raises(UserWarning):
        warnings.warn("heard", stacklevel=1)
    assert not logging.getLogger().manager.disable
    library.removeHandler(handler)


def test_numba_gets_a_cache_of_its_own_only_where_none_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    with prepared_process(debug=False):
        assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setattr("ctscribe.cli.process.can_write_below", lambda folder: False)
    with prepared_process(debug=False):
        cache = Path(os.environ["NUMBA_CACHE_DIR"])
        assert cache.stat().st_mode & 0o077 == 0
    assert "NUMBA_CACHE_DIR" not in os.environ
    assert not cache.exists()


def test_a_reader_that_leaves_is_no_error_to_speak_of() -> None:
    read, write = os.pipe()
    os.close(read)
    with io.FileIO(write, "w") as closed:
        left = subprocess.run(HELP, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (left.returncode, left.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_behind_stdout_is_one_error_line() -> None:
    with Path("/dev/full").open("wb") as full:
        left = subprocess.run(HELP, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert left.returncode == 1
    assert [line.split(":")[0] for line in left.stderr.splitlines()] == ["error", "hint"]


def test_a_terminal_without_the_signs_gets_replacements() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "from ctscribe.cli.process import prepared_process as p\nwith p(debug=False): print('2 × 3')"
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == "2 ? 3\n"
