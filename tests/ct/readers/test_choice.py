from pathlib import Path

import pytest
from dicom_series import ROOT, series_phantom, slices, write
from pydicom.uid import SecondaryCaptureImageStorage

from ctscribe.ct.readers import list_series, read_volume
from ctscribe.errors import BadScan


def study(folder: Path) -> Path:
    """A localizer, a thick series, a thin one of the same chest with two kernels, a short one, a capture, and a PET."""
    fine = series_phantom().affine.copy()
    fine[2, 0] = 5.0
    write(slices(number=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[:2], folder)
    write(slices(affine=fine)[::2], folder)
    write(slices(number=4, affine=fine, ConvolutionKernel="B70f"), folder)
    write(slices(number=5, affine=fine, ConvolutionKernel="B31f"), folder)
    write(slices(number=6, affine=fine)[:12], folder)
    write(slices(number=7, SOPClassUID=SecondaryCaptureImageStorage)[:1], folder)
    write(slices(number=8, SOPClassUID="1.2.840.10008.5.1.4.1.1.128", Modality="PT")[:9], folder)
    return folder


def test_thin_soft_complete_axial_series_is_chosen(tmp_path: Path):
    summaries = list_series(study(tmp_path))
    assert [(s.number, s.kind, s.slices) for s in summaries] == [
        (1, "localizer", 2),
        (3, "axial", 15),
        (4, "axial", 30),
        (5, "axial", 30),
        (6, "axial", 12),
        (7, "secondary capture", 1),
        (8, "other modality", 9),
    ]
    assert [s.number for s in summaries if s.chosen] == [5]
    assert summaries[3].reason == (
        "Series 4 of 7 was read (axial, 30 slices, 5 mm, soft-tissue kernel): a soft-tissue kernel. "
        "Skipped: 3 × axial, 1 × localizer, 1 × other modality, 1 × secondary capture."
    )
    assert summaries[3].spacing == (5.0, 5.0, 5.0)
    assert summaries[1].reason == "another series serves better"
    assert summaries[0].reason == "it is a localizer (scout view)"
    volume = read_volume(tmp_path)
    assert volume.meta.dicom is not None
    assert volume.meta.dicom.series_instance_uid == f"{ROOT}.5"
    assert volume.meta.repairs[0] == summaries[3].reason


def test_coverage_counts_before_thin_slices(tmp_path: Path):
    fine = series_phantom().affine.copy()
    fine[2, 0] = 5.0
    write(slices(number=1), tmp_path)
    write(slices(number=2, affine=fine), tmp_path)
    summaries = list_series(tmp_path)
    assert [s.chosen for s in summaries] == [True, False]
    assert "): the longest coverage." in summaries[0].reason


def test_a_chest_is_preferred_over_a_longer_leg(tmp_path: Path):
    write(slices(number=1, SeriesDescription="Run-off legs"), tmp_path)
    write(slices(number=2)[:20], tmp_path)
    assert [s.chosen for s in list_series(tmp_path)] == [False, True]


def test_original_axial_images_come_before_reformats(tmp_path: Path):
    write(slices(number=1, ImageType=["DERIVED", "SECONDARY", "AXIAL"]), tmp_path)
    write(slices(number=2)[:10], tmp_path)
    assert [(s.kind, s.chosen) for s in list_series(tmp_path)] == [("derived axial", False), ("axial", True)]


@pytest.mark.parametrize("wanted", ["3", f"{ROOT}.3", "77.3"])
def test_a_series_can_be_asked_for(wanted: str, tmp_path: Path):
    volume = read_volume(study(tmp_path), series=wanted)
    assert volume.shape[0] == 15
    assert "as asked" in volume.meta.repairs[0]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("9", "series-not-found"), ("", "series-not-found"), ("1", "localizer"), ("8", "wrong-modality")],
)
def test_a_series_that_cannot_be_had_is_refused(wanted: str, code: str, tmp_path: Path):
    with pytest.raises(BadScan) as refused:
        read_volume(study(tmp_path), series=wanted)
    assert refused.value.code == code
    if code == "series-not-found":
        assert refused.value.message.endswith("there are: 1, 3, 4, 5, 6, 7, 8")


def test_an_ambiguous_suffix_is_refused(tmp_path: Path):
    write(slices(number=13), tmp_path)
    write(slices(number=113), tmp_path)
    with pytest.raises(BadScan) as refused:
        read_volume(tmp_path, series="3")
    assert refused.value.code == "series-ambiguous"


def test_the_list_marks_the_series_asked_for(tmp_path: Path):
    summaries = list_series(study(tmp_path), series="6")
    assert [s.number for s in summaries if s.chosen] == [6]
    assert read_volume(tmp_path, series="6").meta.repairs[0] == summaries[4].reason
    assert summaries[3].reason == "another series was asked for"
    with pytest.raises(BadScan) as refused:
        list_series(tmp_path, series="99")
    assert refused.value.code == "series-not-found"


def test_no_rule_picks_between_studies(tmp_path: Path):
    write(slices(), tmp_path)
    write(slices(number=4, StudyInstanceUID=f"{ROOT}.9"), tmp_path)
    for read in (read_volume, list_series):
        with pytest.raises(BadScan) as refused:
            read(tmp_path)
        assert refused.value.code == "several-studies"
        assert refused.value.hint is not None
    for series in refused.value.hint.split("such as ")[1].split(", "):
        assert read_volume(tmp_path, series=series).shape == series_phantom().shape


def test_another_study_without_a_ct_is_passed_over(tmp_path: Path):
    write(slices(), tmp_path)
    write(slices(number=8, StudyInstanceUID=f"{ROOT}.9", Modality="MR")[:9], tmp_path)
    assert [s.number for s in list_series(tmp_path) if s.chosen] == [3]
