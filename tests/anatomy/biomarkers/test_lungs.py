"""Lung volume and emphysema index against counts made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.biomarkers.lungs import emphysema_index, lung_volumes
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.guidance import LOBES
from ctscribe.ct.volume import CTVolume, ScanMeta


def test_volumes_are_voxel_counts_and_sides_add_up() -> None:
    volume, labelmap = chest_phantom()
    total, left, right = lung_volumes(Scan(volume, labelmap))
    assert [item.name for item in (total, left, right)] == [
        "lung_volume_total",
        "lung_volume_left",
        "lung_volume_right",
    ]
    assert total.value == pytest.approx(labelmap.region("lung").sum() * volume.voxel_ml)
    assert total.value == pytest.approx(left.value + right.value)
    # Two ellipsoids, less what heart and vessels take of them.
    assert 3500 < total.value < 2 * 4 / 3 * np.pi * 60 * 85 * 120 / 1000


def test_index_is_the_share_of_voxels_below_minus_950(rng: np.random.Generator) -> None:
    volume, labelmap = chest_phantom(noise=0.0)
    hu = volume.hu.copy()
    lungs = labelmap.region("lung")
    holes = lungs & (rng.random(hu.shape) < 0.2)
    hu[holes] = -951
    hu[lungs & ~holes] = -950
    both, left, right = emphysema_index(Scan(CTVolume(hu, volume.affine), labelmap))
    assert both.value == pytest.approx(100 * holes.sum() / lungs.sum())
    left_lung = labelmap.mask(*(lobe for lobe in LOBES if lobe.endswith("left")))
    assert left.value == pytest.approx(100 * (holes & left_lung).sum() / left_lung.sum())
    assert left.value != right.value


def test_lungs_cut_by_the_field_of_view_are_not_assessable() -> None:
    volume, labelmap = chest_phantom()
    top = int(np.flatnonzero(labelmap.region("lung").any(axis=(1, 2)))[-1])
    cut = slice(None, top - 3)
    scan = Scan(CTVolume(volume.hu[cut], volume.affine), replace(labelmap, labels=labelmap.labels[cut]))
    for item in (*lung_volumes(scan), *emphysema_index(scan)):
        assert item.value is None
        assert "field of view" in str(item.reason)


def test_thick_slices_noise_and_missing_lungs() -> None:
    volume, labelmap = chest_phantom()
    thick = CTVolume(volume.hu, volume.affine, ScanMeta(slice_thickness_mm=8.0))
    assert "too thick" in str(emphysema_index(Scan(thick, labelmap))[0].reason)
    assert lung_volumes(Scan(thick, labelmap))[0].value is not None
    noisy = CTVolume(np.where(labelmap.mask("trachea"), volume.hu * 0 - 900, volume.hu).astype(np.int16), volume.affine)
    noisy.hu[::2][labelmap.mask("trachea")[::2]] = -1024
    assert "noisy" in str(emphysema_index(Scan(noisy, labelmap))[0].reason)
    assert "not segmented" in str(lung_volumes(Scan(volume, replace(labelmap, names={})))[0].reason)
