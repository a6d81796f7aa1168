"""Errors become one line and an exit code; nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from ctscribe import __version__
from ctscribe.cli.main import main
from ctscribe.cli.sample import SAMPLE


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    printed = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, printed.out, printed.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"ctscribe {__version__}\n", "")


def test_no_verb_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    assert "report" in out


@pytest.mark.parametrize(
    "words",
    [
        ["reprot"],
        ["report"],
        ["report", ""],
        ["report", "x.nii", "--no-such-option"],
        ["report", "x.nii", "--num-parts", "none"],
        ["report", "does-not-exist.nii.gz"],
        ["report", "does-not-exist.nii.gz", "--model", "unknown"],
        ["report", "does-not-exist.nii.gz", "--formats", "pdf"],
        ["report", "does-not-exist.nii.gz", "--formats", ","],
        ["report", "does-not-exist.nii.gz", "--segmenter", "no-such-masks.nii.gz"],
        ["measure", "does-not-exist.nii.gz"],
        ["inspect", "does-not-exist"],
        ["segment", "does-not-exist", "-o", "masks.nii.gz"],
    ],
)
def test_bad_usage_is_one_error_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] in (["error"], ["error", "hint"])


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    from ctscribe.errors import BadInput

    with pytest.raises(BadInput):
        main(["inspect", "does-not-exist", "--debug"])


def test_sample_is_the_packaged_scan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "sample", "-o", str(tmp_path))
    assert code == 0
    assert "CC BY 3.0" in out
    packaged = resources.files("ctscribe") / "sample" / SAMPLE
    assert (tmp_path / SAMPLE).read_bytes() == packaged.read_bytes()


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "torch", "SimpleITK", "pydicom", "nibabel", "numba", "scipy", "pydantic"}
    program = (
        "import sys; from ctscribe.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name for name in heavy if f"'{name}'" in result.stderr}
