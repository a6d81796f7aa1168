from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from conftest import shared
from dicom_series import IDENTITY, edited, enhanced, save, series_phantom, slices, write
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage
from scipy.ndimage import map_coordinates

from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadScan


def same_as_phantom(volume: CTVolume) -> bool:
    phantom = series_phantom()
    return np.array_equal(volume.hu, phantom.hu) and np.array_equal(volume.affine, phantom.affine)


@pytest.mark.parametrize("shuffle", [None, 0, 1])
def test_names_and_order_of_the_files_do_not_matter(shuffle: int | None, tmp_path: Path):
    volume = read_volume(write(slices(), tmp_path, shuffle=shuffle))
    assert same_as_phantom(volume)
    assert volume.hu.dtype == np.int16
    meta = volume.meta
    assert (meta.format, meta.slice_thickness_mm, meta.kvp, meta.kernel, meta.manufacturer) == (
        "dicom",
        10,
        120,
        "B31f",
        "ACME",
    )
    assert (meta.contrast, meta.repairs, meta.warnings) == (None, (), ())


def test_references_follow_the_slices(tmp_path: Path):
    references = read_volume(write(slices(), tmp_path)).meta.dicom
    assert references is not None
    assert references.sop_instance_uids == tuple(d.SOPInstanceUID for d in slices())
    assert references.aligned
    assert references.frame_numbers is None


@pytest.mark.parametrize("axis", [1, 2])
def test_sagittal_and_coronal_series_are_turned(axis: int, tmp_path: Path):
    phantom = series_phantom()
    order = (1, 0, 2) if axis == 1 else (2, 0, 1)
    hu = phantom.hu.transpose(order)[:, ::-1]
    affine = phantom.affine[:, [*order, 3]].copy()
    affine[:3, 3] += affine[:3, 1] * (hu.shape[1] - 1)
    affine[:3, 1] *= -1
    volume = read_volume(write(slices(hu, affine), tmp_path))
    assert same_as_phantom(volume)
    assert volume.meta.dicom is not None
    assert not volume.meta.dicom.aligned


def test_feet_first_prone_comes_out_canonical(tmp_path: Path):
    phantom = series_phantom()
    affine = phantom.affine @ np.diag([1, -1, -1, 1])
    affine[:3, 3] = phantom.position((0, 63, 79))
    assert same_as_phantom(read_volume(write(slices(phantom.hu[:, ::-1, ::-1], affine), tmp_path)))


def test_multiframe_in_any_order_equals_its_slices(tmp_path: Path):
    order = [int(i) for i in np.random.default_rng(1).permutation(30)]
    volume = read_volume(save(enhanced(slices(), order), tmp_path / "multiframe"))
    assert same_as_phantom(volume)
    references = volume.meta.dicom
    assert references is not None
    assert references.frame_numbers == tuple(order.index(k) + 1 for k in range(30))
    assert len(set(references.sop_instance_uids)) == 1
    assert (volume.meta.kvp, volume.meta.kernel) == (120, "B31f")


def test_rescale_is_applied_slice_by_slice(tmp_path: Path):
    def lift(dataset: Dataset) -> None:
        stored = np.frombuffer(dataset.PixelData, "<u2") + 500
        dataset.PixelData, dataset.RescaleIntercept = stored.astype("<u2").tobytes(), -1524

    assert same_as_phantom(read_volume(write(edited(slices(), lift, 11), tmp_path)))


def test_monochrome1_is_rescaled_like_any_other(tmp_path: Path):
    assert same_as_phantom(read_volume(write(slices(PhotometricInterpretation="MONOCHROME1"), tmp_path)))


def test_gaps_are_filled_linearly_when_allowed(tmp_path: Path):
    phantom = series_phantom()
    folder = write([d for k, d in enumerate(slices()) if k not in (10, 11)], tmp_path)
    with pytest.raises(BadScan):
        read_volume(folder)
    volume = read_volume(folder, allow_gaps=True)
    low, high = phantom.hu[9].astype(float), phantom.hu[12].astype(float)
    assert np.array_equal(volume.hu[10], np.rint(low * 2 / 3 + high / 3))
    assert np.array_equal(volume.hu[11], np.rint(low / 3 + high * 2 / 3))
    assert np.array_equal(np.delete(volume.hu, (10, 11), 0), np.delete(phantom.hu, (10, 11), 0))
    assert "2 slices are missing" in volume.meta.repairs[0]
    assert volume.meta.dicom is not None
    assert not volume.meta.dicom.aligned


def test_gantry_tilt_is_sheared_back(tmp_path: Path):
    phantom = series_phantom()
    lean = np.tan(np.radians(15.0))
    affine = phantom.affine.copy()
    affine[1, 0] = lean * 10
    affine[1, 3] -= lean * 145
    index = np.meshgrid(*(np.arange(n) for n in phantom.shape), indexing="ij")
    shift = (affine[1, 3] - phantom.affine[1, 3] + lean * 10 * index[0]) / 5
    tilted = map_coordinates(phantom.hu, [index[0], index[1] + shift, index[2]], order=1, mode="constant", cval=-1000)
    volume = read_volume(write(slices(tilted, affine), tmp_path))
    assert "tilted by 15.0°" in volume.meta.repairs[0]
    corner = np.array(volume.index(phantom.position((0, 0, 0)))).reshape(3, 1, 1, 1)
    back = map_coordinates(volume.hu.astype(float), np.array(index) + corner, order=1)
    middle = (slice(8, 22), slice(12, 52), slice(None))
    wrong = np.abs(tilted[middle] - phantom.hu[middle]).mean()
    left = np.abs(back[middle] - phantom.hu[middle]).mean()
    assert left < wrong / 3


def test_files_that_are_no_images_are_ignored_and_counted(tmp_path: Path):
    write(slices(), tmp_path)
    (tmp_path / "README.txt").write_text("burnt on a Tuesday")
    (tmp_path / "empty").write_bytes(b"")
    volume = read_volume(tmp_path)
    assert same_as_phantom(volume)
    assert volume.meta.warnings == ("2 other files in the folder not read.",)


def test_slices_with_gaps_between_them_and_lossy_compression_are_warned_of(tmp_path: Path):
    volume = read_volume(write(slices(SliceThickness=1.25, LossyImageCompression="01"), tmp_path))
    assert volume.meta.warnings == (
        "Slices 1.25 mm thick lie 10 mm apart: what is between them is not seen.",
        "The images were compressed with loss, which changes their Hounsfield units.",
    )


def test_a_dose_page_within_the_series_is_left_out(tmp_path: Path):
    (page,) = slices(SOPClassUID=SecondaryCaptureImageStorage)[:1]
    page.SOPInstanceUID += ".1"
    del page.ImagePositionPatient
    volume = read_volume(write([*slices(), page], tmp_path))
    assert same_as_phantom(volume)
    assert volume.meta.warnings[0].startswith("1 image of the series left out")


@pytest.mark.parametrize(("agent", "contrast"), [("IV", True), ("Omnipaque 350", True), ("NONE", None), ("", None)])
def test_contrast(agent: str, contrast: bool | None, tmp_path: Path):
    assert read_volume(write(slices(ContrastBolusAgent=agent), tmp_path)).meta.contrast is contrast


def test_identity_is_kept_only_when_asked_for(tmp_path: Path):
    folder = write(slices(), tmp_path)
    assert not any(planted in repr(read_volume(folder).meta) for planted in IDENTITY)
    references = read_volume(folder, identity=True).meta.dicom
    assert references is not None
    assert references.patient is not None
    assert (references.patient.name, references.patient.patient_id, references.patient.birth_date) == IDENTITY


@pytest.mark.parametrize("name", ["lidc0001", "lungpetctdx_a0002"])
def test_real_series_as_simpleitk_reads_it(name: str):
    folder = shared(f"{name}/dicom")
    volume = read_volume(folder)
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    assert np.array_equal(volume.hu, np.maximum(sitk.GetArrayFromImage(image), -1024))
    assert np.allclose(volume.spacing, image.GetSpacing()[::-1], atol=1e-5)
    assert np.allclose(volume.position((0, 0, 0)), image.GetOrigin(), atol=0.02)
    assert np.allclose(image.GetDirection(), np.eye(3).ravel(), atol=1e-6)
