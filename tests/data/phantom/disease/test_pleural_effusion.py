from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.pleural_effusion import crescent, draw_pleural_effusion, pleural_cavity
from ctscribe.data.phantom.level import LEVELS


def effusions(seed: int, level: str = "easy") -> Canvas:
    canvas = atlas_canvas()
    draw_pleural_effusion(canvas, LEVELS[level], np.random.default_rng(seed))
    return canvas


def test_fluid_has_the_volume_that_is_asked_for():
    canvas = atlas_canvas()
    cavity = pleural_cavity(canvas, "right")
    assert cavity is not None
    level = np.ones(cavity.floor.shape, np.float32)
    for volume in (60.0, 400.0, 900.0):
        filled = (crescent(cavity, canvas, volume, level) >= 0) & cavity.space
        assert filled.sum() * np.prod(canvas.spacing) / 1000 == pytest.approx(volume, rel=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_no_dark_rim_is_left_between_fluid_and_chest_wall(seed: int):
    before, canvas = atlas_canvas(), effusions(seed)
    lung = canvas.mask(*LOBES)
    for finding in canvas.findings:
        mask = canvas.instances == finding.number
        behind = np.zeros_like(mask)
        for k in (1, 2, 3):  # voxels straight behind the fluid
            behind[:, k:] |= mask[:, :-k]
        behind &= ~mask & ~lung
        was_air = behind & (before.hu < -400)
        assert was_air.sum() < 0.002 * mask.sum()
        assert (canvas.hu[behind & ndimage.binary_dilation(mask)] < -250).mean() < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_fluid_is_water_below_the_lung_and_on_its_own_side(seed: int):
    canvas = effusions(seed)
    for finding in canvas.findings:
        mask = canvas.instances == finding.number
        inner = ndimage.binary_erosion(mask)
        assert -5 < np.median(canvas.hu[inner]) < 25 and canvas.hu[inner].std() < 30
        lung = canvas.mask(*(lobe for lobe in LOBES if lobe.endswith(str(finding.side))))
        assert np.argwhere(mask)[:, 1].mean() > np.argwhere(lung)[:, 1].mean()
        assert not (mask & canvas.mask(*LOBES)).any()
        middle = np.argwhere(canvas.mask("spinal_cord"))[:, 2].mean()
        assert (np.argwhere(mask)[:, 2].mean() > middle) == (finding.side == "left")
        assert finding.structures == (f"pleura_{finding.side}",)


@pytest.mark.parametrize("seed", range(6))
def test_size_and_thickness_are_those_of_the_mask(seed: int):
    canvas = effusions(seed, "standard")
    for finding in canvas.findings:
        mask = canvas.instances == finding.number
        volume = mask.sum() * np.prod(canvas.spacing) / 1000
        assert finding.attributes["size"] == ("small" if volume < 200 else "moderate" if volume < 700 else "large")
        assert finding.measures["thickness_mm"] == mask.sum(axis=1).max() * canvas.spacing[1]


def test_sizes_differ_and_both_sides_occur():
    found = [finding for seed in range(12) for finding in effusions(seed, "standard").findings]
    assert {finding.attributes["size"] for finding in found} == {"small", "moderate", "large"}
    assert {finding.side for finding in found} == {"left", "right"}
    assert any(len(effusions(seed, "standard").findings) == 2 for seed in range(6))
