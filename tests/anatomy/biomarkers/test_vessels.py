"""Vessel diameters of drawn tubes, and of two real patients measured by someone else."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from conftest import shared

from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.biomarkers.vessels import aortic_diameters, pulmonary_trunk_diameter
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, ScanMeta, canonical_affine

SHAPE, SPACING = (50, 120, 100), (2.5, 0.9, 0.8)


def aorta(ascending_mm: float, descending_mm: float, tilt: float = 0.0) -> tuple[CTVolume, LabelMap]:
    """Two tubes along z, the ascending one tilted by ``tilt`` mm a mm towards anterior, joined by an arch."""
    z, y, x = (np.indices(SHAPE)[k] * SPACING[k] for k in range(3))
    front, back = 30 - tilt * (z - 70), 80.0
    # A tilted tube's axial section is an ellipse: stretched along y by the slant.
    first = (x - 35) ** 2 + ((y - front) / np.hypot(1, tilt)) ** 2 <= (ascending_mm / 2) ** 2
    second = (x - 50) ** 2 + (y - back) ** 2 <= (descending_mm / 2) ** 2
    arch = (abs(x - 42) < 12) & (y > front - 10) & (y < 90) & (z >= 90) & (z < 115)
    labels = np.where(((first | second) & (z < 100)) | arch, 52, 0).astype(np.uint8)
    affine = canonical_affine(SPACING, (-40.0, -50.0, 5.0))
    volume = CTVolume(np.zeros(SHAPE, dtype=np.int16), affine)
    return volume, LabelMap(labels, {52: "aorta"}, affine, source="drawn")


@pytest.mark.parametrize("tilt", [0.0, 0.5])
@pytest.mark.parametrize(("front", "back"), [(30.0, 24.0), (45.0, 27.5)])
def test_tubes_of_known_diameter(front: float, back: float, tilt: float) -> None:
    ascending, descending = aortic_diameters(Scan(*aorta(front, back, tilt)))
    assert ascending.value == pytest.approx(front, abs=0.9)
    assert descending.value == pytest.approx(back, abs=0.9)
    for item in (ascending, descending):
        start, end = item.line_mm
        assert np.linalg.norm(np.subtract(end, start)) == pytest.approx(item.value, rel=1e-6)
        # 20 mm below the arch's under-side at 90 mm, within the 10 mm that the median is taken over.
        assert item.key_slice * SPACING[0] == pytest.approx(67.5, abs=6)


def test_without_the_arch_nothing_is_measured() -> None:
    volume, labelmap = aorta(30, 24)
    below = slice(0, 30)
    cut = Scan(CTVolume(volume.hu[below], volume.affine), replace(labelmap, labels=labelmap.labels[below]))
    assert [item.value for item in aortic_diameters(cut)] == [None, None]
    assert "not in view" in str(aortic_diameters(cut)[0].reason)
    missing = Scan(volume, replace(labelmap, names={}))
    assert "not segmented" in str(aortic_diameters(missing)[0].reason)
    thick = Scan(CTVolume(volume.hu, volume.affine, ScanMeta(slice_thickness_mm=12.0)), labelmap)
    assert "too thick" in str(aortic_diameters(thick)[1].reason)


def test_rough_outline_is_said() -> None:
    volume, labelmap = aorta(30, 24)
    rough = Scan(volume, replace(labelmap, approximate=frozenset({"aorta"})))
    assert all(item.approximate for item in aortic_diameters(rough))


def test_pulmonary_trunk_is_the_largest_circle() -> None:
    volume, labelmap = aorta(30, 24)
    z, y, x = (np.indices(SHAPE)[k] * SPACING[k] for k in range(3))
    trunk = (x - 40) ** 2 + (y - 50) ** 2 <= 14**2
    branch = (abs(y - 50) < 7) & (x > 10) & (x < 70)
    labels = np.where((trunk & (z > 20) & (z < 90)) | (branch & (z > 70) & (z < 90)), 2, 0).astype(np.uint8)
    scan = Scan(volume, replace(labelmap, labels=labels, names={2: "pulmonary_artery"}))
    item = pulmonary_trunk_diameter(scan)
    assert item.value == pytest.approx(28, abs=0.9)
    assert item.structures == ("pulmonary_artery",)
    assert "not segmented" in str(pulmonary_trunk_diameter(Scan(*aorta(30, 24))).reason)


def crop(folder: str, mask: str, name: str) -> Scan:
    """A reference crop and one of its masks, RAS on disk."""
    models = shared(f"totalsegmentator_tests/{folder}/models")
    images = [nib.as_closest_canonical(nib.load(models / f"{stem}.nii.gz")) for stem in ("ct_cropped", mask)]
    hu, inside = (np.ascontiguousarray(np.asarray(i.dataobj).transpose(2, 1, 0)[:, ::-1, ::-1]) for i in images)
    sx, sy, sz = (float(step) for step in images[0].header.get_zooms())
    affine = canonical_affine((sz, sy, sx))
    volume = CTVolume(np.clip(hu, -1024, 3071).astype(np.int16), affine)
    return Scan(volume, LabelMap((inside > 0).astype(np.uint8), {1: name}, affine, source="given"))


def test_real_aorta_agrees_with_its_published_measurement() -> None:
    ascending, descending = aortic_diameters(crop("aorta_report/test_result", "aorta", "aorta"))
    # The reference: mid ascending 32 mm, distal ascending 31 mm, proximal and mid descending 29 mm across, 31–33 along.
    assert ascending.value == pytest.approx(31, abs=2)
    assert descending.value == pytest.approx(31, abs=2)


def test_real_pulmonary_trunk_agrees_with_its_published_measurement() -> None:
    item = pulmonary_trunk_diameter(crop("pulmonary_report", "pulmonary_artery", "pulmonary_artery"))
    # The reference: proximal trunk 24 mm across and 30 mm along, at its bifurcation 19 and 25 mm.
    assert item.value == pytest.approx(24, abs=2)
