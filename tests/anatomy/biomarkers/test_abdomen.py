"""Liver and spleen attenuation of organs of known HU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.biomarkers.abdomen import parenchymal_attenuation
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.ct.volume import CTVolume, ScanMeta


def test_medians_of_the_parenchyma() -> None:
    volume, labelmap = chest_phantom(noise=12.0)
    liver, spleen, difference = parenchymal_attenuation(Scan(volume, labelmap))
    assert liver.value == pytest.approx(60, abs=1)
    assert spleen.value == pytest.approx(50, abs=1)
    assert difference.value == pytest.approx(liver.value - spleen.value)


def test_rim_and_vessels_do_not_matter() -> None:
    volume, labelmap = chest_phantom(noise=0.0)
    hu = volume.hu.copy()
    voxels = np.argwhere(labelmap.mask("liver"))
    centre = voxels.mean(axis=0).astype(int)
    hu[tuple(slice(c - 2, c + 3) for c in centre)] = 200
    hu[:, :, :][labelmap.mask("liver") & (volume.hu != 60)] = -100
    assert parenchymal_attenuation(Scan(CTVolume(hu, volume.affine), labelmap))[0].value == 60


@pytest.mark.parametrize(("contrast", "blood"), [(True, 45), (None, 350), (None, 82)])
def test_enhanced_or_undecided_scans_are_not_read(contrast: bool | None, blood: int) -> None:
    volume, labelmap = chest_phantom()
    hu = volume.hu.copy()
    hu[labelmap.mask("aorta", "heart")] += np.int16(blood - 45)
    scan = Scan(CTVolume(hu, volume.affine, ScanMeta(contrast=contrast)), labelmap)
    for item in parenchymal_attenuation(scan):
        assert item.value is None
        assert "contrast medium" in str(item.reason)


@pytest.mark.parametrize(("hu", "accepted"), [(26, False), (31, True), (69, True), (75, False)])
def test_spleen_that_cannot_be_one(hu: int, accepted: bool) -> None:
    volume, labelmap = chest_phantom(noise=0.0)
    painted = volume.hu.copy()
    painted[labelmap.mask("spleen")] = hu
    liver, spleen, difference = parenchymal_attenuation(Scan(CTVolume(painted, volume.affine), labelmap))
    assert (spleen.value is not None) == (difference.value is not None) == accepted
    assert liver.value is not None


def test_missing_and_cut_organs() -> None:
    volume, labelmap = chest_phantom()
    _, spleen, difference = parenchymal_attenuation(Scan(volume, replace(labelmap, names={5: "liver", 52: "aorta"})))
    assert "spleen was not segmented" in str(spleen.reason)
    assert difference.reason == spleen.reason
    labels = labelmap.labels.copy()
    liver = np.argwhere(labels == 5)
    labels[(labels == 5) & (np.arange(labels.shape[0]) > liver[:, 0].min() + 1)[:, None, None]] = 0
    item = parenchymal_attenuation(Scan(volume, replace(labelmap, labels=labels)))[0]
    assert "too little" in str(item.reason)
