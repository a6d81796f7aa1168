"""Every bad scan, through the command line: one clear line, exit 2, outputs untouched, no identity shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bad_inputs.dicom import DICOM_BAD_INPUTS
from bad_inputs.files import FILE_BAD_INPUTS

from ctscribe.cli.main import main

BAD_INPUTS = {**DICOM_BAD_INPUTS, **FILE_BAD_INPUTS}
PLANTED = ("ZEBRA", "MRN-90210")


def test_there_are_many_and_no_name_is_used_twice() -> None:
    assert len(BAD_INPUTS) == len(DICOM_BAD_INPUTS) + len(FILE_BAD_INPUTS) >= 60


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_scan_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build: Callable[[Path], Path] = BAD_INPUTS[name][0]
    (tmp_path / "in").mkdir()
    scan, output = build(tmp_path / "in"), tmp_path / "out"
    output.mkdir()
    (output / "report.txt").write_text("an earlier report")
    with pytest.raises(SystemExit) as left:
        main(["report", str(scan), "-o", str(output)])
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert left.value.code == 2, printed.err
    assert printed.out == ""
    assert [line.split(":")[0] for line in lines] in (["error"], ["error", "hint"])
    assert not any(planted in printed.err for planted in PLANTED)
    assert {path.name: path.read_text() for path in output.iterdir()} == {"report.txt": "an earlier report"}
