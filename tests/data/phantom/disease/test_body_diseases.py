"""What every disease outside the lung keeps to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import KINDS, measure_lesions
from ctscribe.anatomy.windows import bounding_window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.calcification import draw_arterial_calcification, draw_coronary_calcification
from ctscribe.data.phantom.disease.cysts import draw_kidney_cyst, draw_liver_cyst
from ctscribe.data.phantom.disease.devices import draw_medical_material
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.hernia import draw_hiatal_hernia
from ctscribe.data.phantom.disease.lymph_nodes import draw_lymphadenopathy
from ctscribe.data.phantom.disease.pericardial_effusion import draw_pericardial_effusion
from ctscribe.data.phantom.disease.pleural_effusion import draw_pleural_effusion
from ctscribe.data.phantom.disease.ribs import draw_rib_fracture
from ctscribe.data.phantom.disease.steatosis import draw_hepatic_steatosis
from ctscribe.data.phantom.disease.vertebrae import draw_vertebral_compression
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding

DISEASES: dict[str, Disease] = {
    "pleural_effusion": draw_pleural_effusion,
    "pericardial_effusion": draw_pericardial_effusion,
    "lymphadenopathy": draw_lymphadenopathy,
    "arterial_calcification": draw_arterial_calcification,
    "coronary_calcification": draw_coronary_calcification,
    "medical_material": draw_medical_material,
    "hiatal_hernia": draw_hiatal_hernia,
    "kidney_cyst": draw_kidney_cyst,
    "liver_cyst": draw_liver_cyst,
    "hepatic_steatosis": draw_hepatic_steatosis,
    "vertebral_compression": draw_vertebral_compression,
    "rib_fracture": draw_rib_fracture,
}
SIZED = {"pleural_effusion", "pericardial_effusion", "lymphadenopathy", "hiatal_hernia", "kidney_cyst", "liver_cyst"}

every_kind = pytest.mark.parametrize("kind", DISEASES)


def drawn(kind: str, level: str, seed: int, make: Callable[[], Canvas] = atlas_canvas) -> Canvas:
    canvas = make()
    DISEASES[kind](canvas, LEVELS[level], np.random.default_rng([seed, 2]))
    return canvas


def of(canvas: Canvas, finding: PhantomFinding) -> np.ndarray:
    return canvas.instances == finding.number


def emptied() -> Canvas:
    """A body none of whose organs are in view."""
    canvas = atlas_canvas()
    canvas.labels[:] = 0
    return canvas


def taken() -> Canvas:
    """A body that another finding fills."""
    canvas = atlas_canvas()
    canvas.instances[:] = 7
    return canvas


@every_kind
@pytest.mark.parametrize("level", LEVELS)
def test_findings_are_what_was_drawn(kind: str, level: str) -> None:
    before = atlas_canvas()
    for seed in range(3):
        canvas = drawn(kind, level, seed)
        assert canvas.findings
        for finding in canvas.findings:
            mask = of(canvas, finding)
            assert finding.kind == kind and mask.any()
            for name, value in finding.attributes.items():
                assert value in FINDING_KINDS[kind].attributes[name]
            assert all(value > 0 for value in finding.measures.values())
            assert (finding.diameter_mm is not None) == (kind in SIZED)
            assert np.abs(canvas.hu - before.hu)[mask].mean() > 5
            assert all(name.startswith(("pleura", "pericardium")) or canvas.ids(name) for name in finding.structures)


@every_kind
def test_the_same_seed_draws_the_same(kind: str) -> None:
    one, other, different = (drawn(kind, "standard", seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.hu, other.hu)
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.instances, other.instances)
    assert one.findings == other.findings
    assert not np.array_equal(one.hu, different.hu)


@every_kind
@pytest.mark.parametrize("make", [emptied, taken])
def test_without_room_nothing_changes(kind: str, make: Callable[[], Canvas]) -> None:
    before, canvas = make(), drawn(kind, "easy", 1, make)
    assert canvas.findings == []
    np.testing.assert_array_equal(canvas.instances, before.instances)
    np.testing.assert_array_equal(canvas.labels, before.labels)
    np.testing.assert_array_equal(canvas.hu, before.hu)


@every_kind
def test_attenuation_stays_possible(kind: str) -> None:
    canvas = drawn(kind, "standard", 5)
    assert canvas.hu.dtype == np.float32 and canvas.labels.dtype == np.uint8
    assert np.isfinite(canvas.hu).all() and canvas.hu.min() >= -1100 and canvas.hu.max() <= 3100


@every_kind
def test_another_finding_keeps_its_voxels(kind: str) -> None:
    plain = drawn(kind, "standard", 6)
    (window,) = [bounding_window(plain.instances > 0)]
    assert window is not None
    half = (window[0], window[1], slice(window[2].start, (window[2].start + window[2].stop) // 2))

    def occupied() -> Canvas:
        canvas = atlas_canvas()
        canvas.instances[half] = 500
        return canvas

    assert (drawn(kind, "standard", 6, occupied).instances[half] == 500).all()


@pytest.mark.parametrize("kind", [kind for kind in DISEASES if FINDING_KINDS[kind].mask in KINDS])
@pytest.mark.parametrize("level", LEVELS)
def test_lesions_are_measured_as_they_were_drawn(kind: str, level: str) -> None:
    for seed in range(3):
        canvas = drawn(kind, level, seed)
        labelmap = LabelMap(
            canvas.labels, canvas.names, canvas.affine, "test", lesions={FINDING_KINDS[kind].mask: canvas.instances > 0}
        )
        lesions = measure_lesions(labelmap, all_components=True, minimum_ml=0.0)
        assert len(lesions) == len(canvas.findings)
        voxel_ml = np.prod(canvas.spacing) / 1000
        told = [
            (one.structures[0], round(of(canvas, one).sum() * voxel_ml, 3), one.diameter_mm) for one in canvas.findings
        ]
        measured = [(one.sub_region, round(one.volume_ml, 3), one.diameter_mm) for one in lesions]
        assert sorted(measured) == sorted(told)
