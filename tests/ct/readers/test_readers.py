from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_series import enhanced, save, series_phantom, slices, write

from ctscribe.ct.readers import list_series, read_volume
from ctscribe.errors import BadScan


def image() -> sitk.Image:
    phantom = series_phantom()
    made = sitk.GetImageFromArray(phantom.hu)
    made.SetSpacing(phantom.spacing[::-1])
    made.SetOrigin(phantom.position((0, 0, 0)))
    return made


@pytest.mark.parametrize("name", ["scan.nii.gz", "scan.nii", "scan.nrrd", "scan.mha", "scan.mhd"])
def test_every_format_gives_the_volume_of_the_dicom_series(name: str, tmp_path: Path):
    sitk.WriteImage(image(), str(tmp_path / name))
    volume = read_volume(str(tmp_path / name))
    expected = read_volume(write(slices(), tmp_path / "series"))
    assert np.array_equal(volume.hu, expected.hu)
    assert np.array_equal(volume.affine, expected.affine)
    assert list_series(tmp_path / name) == ()
    with pytest.raises(BadScan) as refused:
        read_volume(tmp_path / name, series="3")
    assert refused.value.code == "no-series"


def test_a_multiframe_file_without_suffix_is_a_scan(tmp_path: Path):
    path = save(enhanced(slices(), range(30)), tmp_path / "IM000001")
    assert np.array_equal(read_volume(path).hu, series_phantom().hu)
    (summary,) = list_series(path)
    assert (summary.kind, summary.slices, summary.chosen, summary.spacing) == ("axial", 30, True, (10.0, 5.0, 5.0))
    assert summary.reason.endswith("the only CT volume.")
