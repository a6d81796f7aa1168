"""The packaged anatomy itself, warped: always present, every voxel's truth known."""

from functools import cache

import numpy as np
import pytest
from conftest import shared
from scipy import ndimage

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.atlas import AtlasSegmenter
from ctscribe.anatomy.segmenters.atlas.packaged import load_atlas
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.errors import BadScan

LUNGS = CHEST6["lung"].structures


def warped(seed: int) -> tuple[CTVolume, np.ndarray]:
    """The packaged CT (3 mm) and labels, displaced smoothly by 12 mm at most, shortened by 10 % along z."""
    atlas, rng = load_atlas(), np.random.default_rng(seed)
    shape = (100, *atlas.ct.shape[1:])
    field = np.stack([ndimage.zoom(rng.normal(size=(4, 4, 4)), [n / 4 for n in shape], order=3) for _ in range(3)])
    field *= 4 / np.sqrt((field**2).sum(axis=0)).max()
    index = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij"))
    index[0] *= atlas.ct.shape[0] / shape[0]
    hu = ndimage.map_coordinates(atlas.ct.astype(np.float32), index + field, order=1, mode="nearest")
    hu = np.rint(hu + rng.normal(0, 15, shape)).astype(np.int16)
    truth = ndimage.map_coordinates(atlas.labels[1::2, 1::2, 1::2], index + field, order=0, mode="nearest")
    return CTVolume(hu, canonical_affine((3.0, 3.0, 3.0), (-180.0, -180.0, 500.0))), truth


@cache
def segmented() -> tuple[CTVolume, np.ndarray, LabelMap]:
    volume, truth = warped(1)
    return volume, truth, AtlasSegmenter()(volume)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


@pytest.mark.parametrize(
    ("classes", "least"),
    [
        (("lung_",), 0.95),
        *(((lobe,), 0.85) for lobe in LUNGS),
        (("heart",), 0.85),
        (("aorta",), 0.75),
        (("liver",), 0.85),
        (("spinal_cord",), 0.6),
        (("vertebrae_T6",), 0.6),
    ],
)
def test_a_warped_atlas_is_found_again(classes: tuple[str, ...], least: float) -> None:
    _, truth, result = segmented()
    ids = load_atlas().ids(*classes)
    assert dice(np.isin(result.labels, ids), np.isin(truth, ids)) >= least


def test_vertebrae_keep_their_level() -> None:
    _, truth, result = segmented()
    vertebrae = load_atlas().ids("vertebrae_T")
    away = [abs(np.argwhere(result.labels == v)[:, 0].mean() - np.argwhere(truth == v)[:, 0].mean()) for v in vertebrae]
    assert max(away) * 3 < 9  # mm, less than half a vertebra


def test_the_result_lies_on_the_grid_of_the_scan() -> None:
    volume, _, result = segmented()
    assert result.labels.shape == volume.shape
    assert np.array_equal(result.affine, volume.affine)
    assert set(np.unique(result.labels)) - {0} <= set(result.names)
    assert min(result.confidence.values()) > 0.8
    assert "pancreas" in result.approximate
    assert not set(LUNGS) & result.approximate


def test_lobes_are_air_or_what_the_lung_holds() -> None:
    volume, _, result = segmented()
    lungs = result.mask(*LUNGS)
    assert (volume.hu[lungs] < -400).mean() > 0.9
    assert not (lungs & (volume.hu > 1000)).any()


def test_the_same_scan_gives_the_same_map_wherever_its_origin_lies() -> None:
    volume, _, result = segmented()
    moved = CTVolume(volume.hu, canonical_affine(volume.spacing, (123.4, -55.5, 9.0)))
    assert np.array_equal(AtlasSegmenter()(moved).labels, result.labels)


def test_only_what_is_in_view_is_labelled() -> None:
    volume, _, _ = segmented()
    top = CTVolume(np.ascontiguousarray(volume.hu[60:]), volume.affine)
    result = AtlasSegmenter()(top)
    below = {"kidney_left", "kidney_right", "vertebrae_L1", "vertebrae_L2", "pancreas"}
    assert not below & result.present
    assert {"trachea", "lung_upper_lobe_left", "vertebrae_T3"} <= result.present


def test_air_alone_is_refused() -> None:
    air = CTVolume(np.full((40, 50, 60), -1000, dtype=np.int16), canonical_affine((3.0, 3.0, 3.0)))
    with pytest.raises(BadScan) as refusal:
        AtlasSegmenter()(air)
    assert refusal.value.code == "atlas-does-not-fit"
    assert refusal.value.hint
    forced = AtlasSegmenter(force=True)(air)
    assert not forced.labels.any()
    assert "forced" in forced.notes[-1]


def test_an_abdomen_is_refused() -> None:
    import nibabel

    image = nibabel.as_closest_canonical(nibabel.load(shared("totalsegmentator_tests/example_ct.nii.gz")))
    hu = np.clip(np.asarray(image.dataobj)[::-1, ::-1].transpose(2, 1, 0), -1024, 3071).astype(np.int16)
    with pytest.raises(BadScan) as refusal:
        AtlasSegmenter()(CTVolume(np.ascontiguousarray(hu), canonical_affine((3.0, 3.0, 3.0))))
    assert refusal.value.code == "atlas-does-not-fit"
