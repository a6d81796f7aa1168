"""All biomarkers together."""

from __future__ import annotations

import numpy as np
from conftest import shared
from lidc import lidc_scan
from phantoms import chest_phantom

from ctscribe.anatomy.biomarkers import measure_biomarkers
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.taxonomy import CHEST6

EXPECTED = {
    "lung_volume_total",
    "lung_volume_left",
    "lung_volume_right",
    "emphysema_index",
    "emphysema_index_left",
    "emphysema_index_right",
    "cardiothoracic_ratio",
    "ascending_aorta_diameter",
    "descending_aorta_diameter",
    "pulmonary_trunk_diameter",
    "aortic_calcification_volume",
    "coronary_calcification_volume",
    "liver_attenuation",
    "spleen_attenuation",
    "liver_minus_spleen",
    "vertebral_attenuation_L1",
}


def check(biomarkers: tuple) -> None:
    names = [item.name for item in biomarkers]
    assert len(set(names)) == len(names)
    assert set(names) >= EXPECTED
    regions = {region.key for region in CHEST6}
    for item in biomarkers:
        assert (item.value is None) == (item.reason is not None)
        assert item.region in regions
        assert item.method and item.limits and item.structures
        assert item.value is None or np.isfinite(item.value)
        assert item.key_slice is None or type(item.key_slice) is int


def test_every_biomarker_has_a_value_or_a_reason() -> None:
    check(measure_biomarkers(*chest_phantom()))
    check(measure_biomarkers(*lidc_scan(shared("lidc0001"))))


def test_an_empty_label_map_is_all_reasons() -> None:
    volume, labelmap = chest_phantom()
    empty = LabelMap(np.zeros_like(labelmap.labels), labelmap.names, labelmap.affine, source="drawn")
    biomarkers = measure_biomarkers(volume, empty)
    check(biomarkers)
    assert all(item.value is None for item in biomarkers)
