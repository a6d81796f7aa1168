from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import Lesion, measure_lesions
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease import nodules
from ctscribe.data.phantom.disease.nodules import (
    CALCIFIED_HU,
    GROUND_GLASS_HU,
    SOLID_HU,
    STRATA,
    draw_mass,
    draw_nodules,
)
from ctscribe.data.phantom.disease.opacities import draw_ground_glass
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import PhantomFinding


def drawn(level: str, seed: int, canvas: Canvas | None = None) -> Canvas:
    canvas = canvas or atlas_canvas()
    draw_nodules(canvas, LEVELS[level], np.random.default_rng(seed))
    return canvas


def measured(canvas: Canvas, finding: PhantomFinding) -> Lesion:
    mask = canvas.instances == finding.number
    labelmap = LabelMap(canvas.labels, canvas.names, canvas.affine, "truth", {"lung_nodule": mask})
    (lesion,) = measure_lesions(labelmap, all_components=True, minimum_ml=0)
    return lesion


def core(canvas: Canvas, finding: PhantomFinding) -> np.ndarray:
    """HU deep inside."""
    return canvas.hu[ndimage.binary_erosion(canvas.instances == finding.number)]


@pytest.mark.parametrize("level", LEVELS)
def test_diameter_as_measured_to_a_voxel(level: str) -> None:
    low, high = LEVELS[level].nodule_mm
    for seed in range(10):
        canvas = drawn(level, seed)
        assert len(canvas.findings) <= LEVELS[level].nodules[1]
        for finding in canvas.findings:
            assert finding.diameter_mm is not None and low <= finding.diameter_mm <= high
            lesion = measured(canvas, finding)
            assert abs(lesion.diameter_mm - finding.diameter_mm) <= 3.0 + 1e-6
            assert lesion.sub_region == finding.structures[0]


def test_every_stratum_and_every_kind_occurs() -> None:
    found = [finding for seed in range(40) for finding in drawn("standard", seed).findings]
    for low, high in STRATA[:1]:
        assert any(5 <= (one.diameter_mm or 0) < high for one in found), low
    for low, high in STRATA[1:]:
        assert sum(low <= (one.diameter_mm or 0) < high for one in found) > 0.1 * len(found)
    assert {one.attributes["density"] for one in found} == {"solid", "part-solid", "ground-glass", "calcified"}
    assert {one.attributes["margin"] for one in found} == {"smooth", "spiculated"}
    assert len({one.structures[0] for one in found}) == 5
    assert any(len(one.structures) > 1 for one in found), "none lies on a fissure"


def test_nodules_are_two_voxels_apart() -> None:
    for seed in range(4):
        canvas = drawn("hard", seed)
        masks = [canvas.instances == finding.number for finding in canvas.findings]
        grown = [ndimage.binary_dilation(mask, np.ones((3, 3, 3)), iterations=2) for mask in masks]
        assert not any((grown[i] & masks[j]).any() for i in range(len(masks)) for j in range(i))


def test_attenuation_of_large_nodules_is_that_of_their_density() -> None:
    limits = {"solid": SOLID_HU, "calcified": CALCIFIED_HU, "ground-glass": GROUND_GLASS_HU}
    seen = set()
    for seed in range(30):
        canvas = drawn("easy", seed)
        for finding in canvas.findings:
            density, inside = finding.attributes["density"], core(canvas, finding)
            if not inside.size:
                continue
            if density == "part-solid":
                whole = canvas.hu[canvas.instances == finding.number]
                assert inside.max() > -300 and np.median(whole) < -250
            else:
                low, high = limits[density]
                assert low - 45 < np.median(inside) < high + 45, (density, np.median(inside))
            seen.add(density)
    assert seen == {"solid", "part-solid", "ground-glass", "calcified"}


def test_small_nodules_are_diluted() -> None:
    small = [
        canvas.hu[canvas.instances == finding.number].mean()
        for seed in range(25)
        for canvas in [drawn("hard", seed)]
        for finding in canvas.findings
        if finding.attributes["density"] == "solid" and (finding.diameter_mm or 9) < 6
    ]
    assert len(small) > 3 and np.mean(small) < -60


def test_spicules_do_not_count() -> None:
    for seed in range(60):
        canvas, plain = atlas_canvas(), atlas_canvas()
        draw_nodules(canvas, LEVELS["easy"], np.random.default_rng(seed))
        if canvas.findings and canvas.findings[0].attributes["margin"] == "spiculated":
            brighter = (canvas.hu - plain.hu > 40) & (canvas.instances == 0)
            around = ndimage.binary_dilation(canvas.instances > 0, np.ones((3, 3, 3)))
            assert (brighter & ~around).any(), "no spicule beyond the core"
            return
    pytest.fail("no spiculated nodule in 60")


def test_a_nodule_may_lie_in_diffuse_disease_and_in_no_other() -> None:
    canvas = atlas_canvas()
    draw_ground_glass(canvas, replace(LEVELS["easy"], severities=(0, 0, 1)), np.random.default_rng(1))
    haze = canvas.instances > 0
    drawn("standard", 3, canvas)
    assert haze[canvas.instances > 1].any()
    other = atlas_canvas()
    other.add(PhantomFinding("fibrotic_band", ()), (slice(None),) * 3, other.mask("lung_upper_lobe_left"))
    for seed in range(4):
        drawn("standard", seed, other)
    assert len(other.findings) > 1
    assert all("lung_upper_lobe_left" not in one.structures for one in other.findings[1:])


def test_mass_is_larger_than_any_nodule() -> None:
    margins = set()
    for seed in range(8):
        canvas = atlas_canvas()
        draw_mass(canvas, LEVELS["standard"], np.random.default_rng(seed))
        (finding,) = canvas.findings
        assert finding.diameter_mm is not None and 31 <= finding.diameter_mm <= 70
        assert abs(measured(canvas, finding).diameter_mm - finding.diameter_mm) <= 3.0 + 1e-6
        assert abs(float(np.median(core(canvas, finding))) - 40) < 60
        margins.add(finding.attributes["margin"])
    assert margins == {"lobulated", "spiculated"}


def test_no_fit_no_nodule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodules, "LEAST_INSIDE", 1.5)
    assert not drawn("easy", 0).findings
