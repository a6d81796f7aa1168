from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.lung_distractors import LUNG_DISTRACTORS
from ctscribe.data.phantom.disease.lungs import Lungs
from ctscribe.data.phantom.disease.nodules import draw_nodules
from ctscribe.data.phantom.level import LEVELS

STANDARD = LEVELS["standard"]

every = pytest.mark.parametrize("name", LUNG_DISTRACTORS)


def distracted(name: str, seed: int = 1, canvas: Canvas | None = None) -> tuple[Canvas, np.ndarray]:
    canvas = canvas or atlas_canvas()
    before = canvas.hu.copy()
    LUNG_DISTRACTORS[name](canvas, STANDARD, np.random.default_rng(seed))
    return canvas, canvas.hu - before


@every
def test_changes_attenuation_and_nothing_else(name: str) -> None:
    changed = 0
    for seed in range(3):
        canvas, change = distracted(name, seed)
        assert not canvas.findings and not canvas.instances.any() and np.isfinite(canvas.hu).all()
        assert np.array_equal(canvas.labels, atlas_canvas().labels)
        changed += int((np.abs(change) > 20).sum())
        if name != "nipple":
            lungs = Lungs.of(atlas_canvas())
            assert lungs is not None
            change[lungs.window][lungs.lobes > 0] = 0
            assert not change.any(), "something outside the lungs was changed"
    assert changed > 20


@every
def test_deterministic_and_absent_without_lungs(name: str) -> None:
    assert distracted(name, 4)[0].hu.tobytes() == distracted(name, 4)[0].hu.tobytes()
    canvas = atlas_canvas()
    canvas.labels[canvas.mask(*LOBES)] = 0
    assert not distracted(name, 4, canvas)[1].any()


@every
def test_findings_keep_their_voxels(name: str) -> None:
    canvas = atlas_canvas()
    draw_nodules(canvas, LEVELS["hard"], np.random.default_rng(3))
    _, change = distracted(name, 2, canvas)
    assert canvas.findings and not change[canvas.instances > 0].any()


def test_a_vessel_runs_through_several_slices() -> None:
    for seed in range(4):
        _, change = distracted("vessel_end_on", seed)
        tube = change > 100
        assert tube.any(axis=(1, 2)).sum() >= 4
        assert (
            max(ndimage.sum_labels(tube[z], *reversed(_parts(tube[z]))).max() for z in np.flatnonzero(tube.any((1, 2))))
            < 12
        )


def _parts(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, count = ndimage.label(plane, np.ones((3, 3)))
    return np.arange(1, count + 1), labels


def test_dependent_density_fades_upward() -> None:
    canvas, change = distracted("dependent_density")
    lung = canvas.mask(*LOBES) & (canvas.hu - change < -750)
    for z in (30, 36):
        rows = [change[z, y][lung[z, y]].mean() for y in range(120) if lung[z, y].any()]
        assert rows[-1] > 40 and rows[len(rows) // 2] == 0 and rows[0] == 0
    assert change.max() < 250


def test_a_thick_fissure_lies_between_lobes() -> None:
    canvas, change = distracted("thick_fissure", 2)
    sheet = change > 60
    lobes = sum((np.uint8(number) * canvas.mask(lobe) for number, lobe in enumerate(LOBES, 1)), np.uint8(0))
    highest, lowest = ndimage.maximum_filter(lobes, 3), ndimage.minimum_filter(np.where(lobes, lobes, 9), 3)
    assert sheet.any() and (highest != lowest)[sheet].mean() > 0.95


def test_a_nipple_is_in_front_of_the_lungs() -> None:
    canvas, change = distracted("nipple")
    first_lung = np.nonzero(canvas.mask(*LOBES).any(axis=(0, 2)))[0][0]
    assert np.nonzero((change > 20).any(axis=(0, 2)))[0].mean() < first_lung
