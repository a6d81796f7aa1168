from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.opacities import HAZE_HU, draw_consolidation, draw_ground_glass
from ctscribe.data.phantom.level import LEVELS

EASY = LEVELS["easy"]
ONE_OF_EACH = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def drawn(disease: Disease, severities: tuple[float, float, float], seed: int) -> Canvas:
    canvas = atlas_canvas()
    disease(canvas, replace(EASY, severities=severities), np.random.default_rng(seed))
    return canvas


@pytest.mark.parametrize("severities", ONE_OF_EACH)
def test_consolidation_is_airless_and_keeps_to_its_lobes(severities: tuple[int, int, int]) -> None:
    before, extent = atlas_canvas().hu, ("patchy", "segmental", "lobar")[severities.index(1)]
    for seed in range(3):
        canvas = drawn(draw_consolidation, severities, seed)
        (finding,) = canvas.findings
        assert finding.attributes["extent"] == extent
        mask = canvas.instances > 0
        assert -150 < np.median(canvas.hu[mask]) < 90
        assert ((canvas.hu != before) & canvas.mask(*_others(finding.structures))).sum() == 0


def _others(structures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(lobe for lobe in LOBES if lobe not in structures)


def test_larger_extents_are_larger() -> None:
    volumes = [
        np.mean([(drawn(draw_consolidation, s, seed).instances > 0).sum() for seed in range(5)]) for s in ONE_OF_EACH
    ]
    assert volumes[0] < volumes[2] and volumes[1] < volumes[2]


def test_a_bronchogram_is_air_in_the_consolidation() -> None:
    said = {"yes": [], "no": []}
    for seed in range(12):
        canvas = drawn(draw_consolidation, (0, 0, 1), seed)
        air = (canvas.hu < -350) & ndimage.binary_erosion(canvas.instances > 0)
        said[canvas.findings[0].attributes["bronchogram"]].append(int(air.sum()))
    assert min(said["yes"]) >= 6 and max(said["no"]) < 0.4 * np.median(said["yes"])


@pytest.mark.parametrize("severities", ONE_OF_EACH)
def test_ground_glass_adds_to_air_and_leaves_vessels(severities: tuple[int, int, int]) -> None:
    before = atlas_canvas()
    canvas = drawn(draw_ground_glass, severities, 2)
    (finding,) = canvas.findings
    assert finding.attributes["pattern"] == ("patchy", "peripheral", "diffuse")[severities.index(1)]
    mask = canvas.instances > 0
    gain = (canvas.hu - before.hu)[mask & (before.hu < -750)]
    assert 0.5 * HAZE_HU[0] < np.median(gain) < HAZE_HU[1]
    vessels = mask & (before.hu > -100)
    assert np.array_equal(canvas.hu[vessels], before.hu[vessels])
    assert -750 < np.median(canvas.hu[mask]) < -400


def test_peripheral_ground_glass_is_peripheral() -> None:
    canvas = drawn(draw_ground_glass, (0, 1, 0), 1)
    lungs = Lungs.of(canvas)
    assert lungs is not None
    mask = canvas.instances[lungs.window] > 0
    assert np.median(lungs.depth[mask]) < 0.6 * np.median(lungs.depth[(lungs.lobes > 0) & ~mask])


def test_conspicuity_scales_the_haze() -> None:
    gains = []
    for conspicuity in (1.0, 0.5):
        canvas, level = atlas_canvas(), replace(EASY, severities=(0, 0, 1), conspicuity=conspicuity)
        before = canvas.hu.copy()
        draw_ground_glass(canvas, level, np.random.default_rng(4))
        gains.append(float((canvas.hu - before)[canvas.instances > 0].mean()))
    assert gains[1] == pytest.approx(gains[0] / 2, rel=0.05)
