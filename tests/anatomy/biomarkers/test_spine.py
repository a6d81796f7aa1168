"""Trabecular attenuation of a drawn vertebra whose every part has its own HU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import shared
from lidc import lidc_scan

from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.biomarkers.spine import vertebral_attenuation
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, ScanMeta, canonical_affine


def vertebra(trabecular: int, spacing: tuple[float, float, float] = (2.0, 0.8, 0.8)) -> tuple[CTVolume, LabelMap]:
    """Body of radius 18 mm and height 24 mm with a 3 mm cortex, canal behind it, arch and spinous process."""
    shape = tuple(round(extent / step) for extent, step in zip((60, 90, 80), spacing, strict=True))
    z, y, x = (np.indices(shape)[k] * spacing[k] for k in range(3))
    from_axis = np.hypot(y - 30, x - 40)
    body = (from_axis <= 18) & (abs(z - 30) <= 12)
    canal = np.hypot(y - 56, x - 40) <= 7
    arch = (abs(x - 40) <= 14) & (y > 44) & (y < 80) & (abs(z - 26) <= 14) & ~canal
    hu = np.full(shape, 40, dtype=np.int16)
    hu[arch] = 350
    hu[body] = 600
    hu[body & (from_axis <= 15) & (abs(z - 30) <= 9)] = trabecular
    labels = np.zeros(shape, dtype=np.uint8)
    labels[body | arch], labels[canal] = 31, 79
    affine = canonical_affine(spacing)
    return CTVolume(hu, affine), LabelMap(labels, {31: "vertebrae_L1", 79: "spinal_cord"}, affine, source="drawn")


@pytest.mark.parametrize("trabecular", [60, 150])
@pytest.mark.parametrize("spacing", [(2.0, 0.8, 0.8), (5.0, 1.2, 1.2)])
def test_only_trabecular_bone_is_measured(trabecular: int, spacing: tuple[float, float, float]) -> None:
    (item,) = vertebral_attenuation(Scan(*vertebra(trabecular, spacing)))
    assert item.name == "vertebral_attenuation_L1"
    assert item.value == pytest.approx(trabecular, abs=1e-6)
    assert item.key_slice * spacing[0] == pytest.approx(30, abs=spacing[0])


def test_not_assessable() -> None:
    volume, labelmap = vertebra(150)
    no_canal = replace(labelmap, names={31: "vertebrae_L1"})
    assert "canal" in str(vertebral_attenuation(Scan(volume, no_canal))[0].reason)
    thick = CTVolume(volume.hu, volume.affine, ScanMeta(slice_thickness_mm=8.0))
    assert "too thick" in str(vertebral_attenuation(Scan(thick, labelmap))[0].reason)
    cut = slice(15, None)
    cropped = Scan(CTVolume(volume.hu[cut], volume.affine), replace(labelmap, labels=labelmap.labels[cut]))
    assert "cut off" in str(vertebral_attenuation(cropped)[0].reason)
    elsewhere = Scan(volume, replace(labelmap, names={79: "spinal_cord"}))
    assert "not in view" in str(vertebral_attenuation(elsewhere)[0].reason)


def test_real_levels() -> None:
    items = {item.name: item for item in vertebral_attenuation(Scan(*lidc_scan(shared("lidc0001"))))}
    assert [name[-3:].strip("_") for name in items] == ["T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3"]
    assert all(50 < items[f"vertebral_attenuation_{level}"].value < 130 for level in ("T7", "T9", "T12", "L1"))
    assert "cut off" in str(items["vertebral_attenuation_L3"].reason)
