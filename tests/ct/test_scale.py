import nibabel as nib
import numpy as np
import pytest
from conftest import shared
from phantoms import chest_phantom

from ctscribe.ct.resampling import resample
from ctscribe.ct.scale import MISTAKES, check_hounsfield
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.errors import BadScan

REAL = {
    "lidc0001": "lidc0001/lidc0001_ct_1p5mm.nii.gz",
    "abdomen": "totalsegmentator_tests/example_ct.nii.gz",
    "upper abdomen": "totalsegmentator_tests/example_ct_sm.nii.gz",
    "aorta crop": "totalsegmentator_tests/aorta_report/test_result/models/ct_cropped.nii.gz",
    "pulmonary crop": "totalsegmentator_tests/pulmonary_report/models/ct_cropped.nii.gz",
}

WRONG = {
    "never rescaled": (lambda hu: np.clip(hu + 1024, 0, 4095), {"rescaled-never"}),
    "never rescaled, by 1000": (lambda hu: hu + 1000, {"rescaled-never"}),
    "rescaled twice": (lambda hu: hu - 1024, {"rescaled-twice"}),
    "rescaled twice, cut at -1024": (
        lambda hu: np.maximum(hu - 1024, -1024),
        {"rescaled-twice", "empty", "not-hounsfield"},
    ),
    "a tenth": (lambda hu: hu / 10, {"wrong-slope"}),
    "tenfold": (lambda hu: hu * 10, {"wrong-slope"}),
    "half": (lambda hu: hu / 2, {"wrong-slope"}),
    "double": (lambda hu: hu * 2, {"wrong-slope"}),
    "negated": (lambda hu: -hu, {"inverted"}),
    "8 bits": (lambda hu: np.rint(np.clip((hu + 1024) / 4095 * 255, 0, 255)), {"eight-bit"}),
    "8 bits, mediastinal window": (lambda hu: np.rint(np.clip((hu + 160) / 400 * 255, 0, 255)), {"eight-bit"}),
    "0 to 1": (lambda hu: np.clip((hu + 1024) / 4095, 0, 1), {"normalised"}),
    "-1 to 1": (lambda hu: np.clip(hu / 1000, -1, 1), {"normalised"}),
    "standardised": (lambda hu: (hu - hu.mean()) / hu.std(), {"normalised"}),
    "16 bits": (lambda hu: np.clip((hu + 1024) * 16, 0, 65535), {"not-hounsfield", "windowed"}),
    "mediastinal window": (lambda hu: np.clip(hu, -160, 240), {"windowed"}),
    "300 too high": (lambda hu: hu + 300, {"not-hounsfield", "windowed"}),
    "300 too low": (lambda hu: hu - 300, {"not-hounsfield"}),
    "nothing": (np.zeros_like, {"constant"}),
}


@pytest.fixture(scope="module")
def scans() -> dict[str, np.ndarray]:
    found = {"drawn chest": chest_phantom()[0].hu.astype(np.float32)}
    for name, path in REAL.items():
        found[name] = np.asanyarray(nib.load(shared(path)).dataobj).T.astype(np.float32)
    whole = found["lidc0001"]
    found["heart crop"] = whole[60:140, 90:160, 80:150]
    found["upper half"], found["lower half"] = whole[140:], whole[:80]
    found["low dose"] = np.clip(whole + np.random.default_rng(0).normal(0, 80, whole.shape), -1024, 3071)
    return found


def circle(hu: np.ndarray) -> np.ndarray:
    """Outside the scanner's circle."""
    y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in hu.shape[1:]], indexing="ij")
    return np.broadcast_to(np.hypot(y, x) > 1, hu.shape)


@pytest.mark.parametrize("padding", [None, 0, -1024, -2000, -2048, -3024])
def test_scans_in_hounsfield_units_are_accepted(scans, padding):
    for name, hu in scans.items():
        given = hu if padding is None else np.where(circle(hu), np.float32(padding), hu)
        assert check_hounsfield(given) == [], name


@pytest.mark.parametrize("padding", [-2000, -3024])
def test_padding_smeared_by_resampling_is_accepted(scans, padding):
    hu = np.where(circle(scans["lidc0001"]), padding, scans["lidc0001"]).astype(np.int16)
    small = resample(CTVolume(hu, canonical_affine((1.5, 1.5, 1.5))), spacing=(3.0, 3.0, 3.0)).hu
    assert check_hounsfield(small) == []


@pytest.mark.parametrize("low, high", [(-1024, 3071), (-1000, 1000), (-1024, 2000)])
def test_usual_clipping_is_accepted(scans, low, high):
    for name, hu in scans.items():
        assert check_hounsfield(np.clip(hu, low, high)) == [], name


@pytest.mark.parametrize("mistake", WRONG)
def test_everything_else_is_refused_with_its_reason(scans, mistake):
    spoil, codes = WRONG[mistake]
    for name, hu in scans.items():
        with pytest.raises(BadScan) as refused:
            check_hounsfield(spoil(hu))
        allowed = codes | ({"eight-bit", "rescaled-never"} if mistake == "a tenth" else set())
        assert refused.value.code in allowed, name
        assert refused.value.hint


def test_metal_does_not_disturb():
    hu = chest_phantom()[0].hu.copy()
    hu[20:24, 40:50, 40:60] = 3071
    hu[20:24, 30:34, :] = -1024
    assert check_hounsfield(hu) == []


def test_a_low_ceiling_is_warned_of(scans):
    (warning,) = check_hounsfield(np.clip(scans["drawn chest"], -1350, 150))
    assert "above 150 HU were cut off" in warning


def test_every_mistake_is_undone_by_its_own_entry():
    """The table's own arithmetic: HU spoiled by an entry are refused with that entry's code."""
    hu = chest_phantom()[0].hu.astype(np.float64)
    for mistake in MISTAKES:
        with pytest.raises(BadScan) as refused:
            check_hounsfield(hu * mistake.slope + mistake.intercept)
        assert refused.value.code == mistake.code
