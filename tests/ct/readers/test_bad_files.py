from pathlib import Path

import pytest
from bad_inputs.files import FILE_BAD_INPUTS

from ctscribe.ct.readers.itk import read_itk
from ctscribe.ct.readers.nifti import read_nifti
from ctscribe.errors import BadScan


@pytest.mark.parametrize("name", FILE_BAD_INPUTS)
def test_bad_file_is_refused(name: str, tmp_path: Path) -> None:
    build, code = FILE_BAD_INPUTS[name]
    scan = build(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*")) < 10_000_000
    read = read_nifti if ".nii" in scan.suffixes else read_itk
    with pytest.raises(BadScan) as refused:
        read(scan)
    assert refused.value.code == code
    assert "\n" not in refused.value.message
    assert str(tmp_path) not in refused.value.message
