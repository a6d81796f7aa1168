"""What every disease of the lung keeps to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.airways import draw_bronchiectasis, draw_peribronchial_thickening
from ctscribe.data.phantom.disease.atelectasis import draw_atelectasis
from ctscribe.data.phantom.disease.bands import draw_fibrotic_band
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.emphysema import draw_emphysema
from ctscribe.data.phantom.disease.interstitium import draw_septal_thickening
from ctscribe.data.phantom.disease.lungs import Lungs, side_of
from ctscribe.data.phantom.disease.mosaic import draw_mosaic_attenuation
from ctscribe.data.phantom.disease.nodules import draw_mass, draw_nodules
from ctscribe.data.phantom.disease.opacities import draw_consolidation, draw_ground_glass
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import FINDING_KINDS

DISEASES: dict[str, Disease] = {
    "nodule": draw_nodules,
    "mass": draw_mass,
    "consolidation": draw_consolidation,
    "ground_glass": draw_ground_glass,
    "emphysema": draw_emphysema,
    "atelectasis": draw_atelectasis,
    "fibrotic_band": draw_fibrotic_band,
    "septal_thickening": draw_septal_thickening,
    "peribronchial_thickening": draw_peribronchial_thickening,
    "bronchiectasis": draw_bronchiectasis,
    "mosaic_attenuation": draw_mosaic_attenuation,
}

every_kind = pytest.mark.parametrize("kind", DISEASES)


def drawn(kind: str, level: str, seed: int, canvas: Canvas | None = None) -> Canvas:
    canvas = canvas or atlas_canvas()
    DISEASES[kind](canvas, LEVELS[level], np.random.default_rng([seed, 1]))
    return canvas


def reach_of_lungs(canvas: Canvas) -> np.ndarray:
    lungs = Lungs.of(canvas)
    assert lungs is not None
    reach = np.zeros(canvas.hu.shape, bool)
    reach[lungs.window] = lungs.lobes > 0
    return reach


@every_kind
@pytest.mark.parametrize("level", LEVELS)
def test_findings_are_what_was_drawn(kind: str, level: str) -> None:
    before = atlas_canvas()
    reach = reach_of_lungs(before)
    found = 0
    for seed in range(2):
        canvas = drawn(kind, level, seed)
        changed = canvas.hu != before.hu
        assert not changed[~reach].any(), "something outside the lungs was changed"
        assert np.isfinite(canvas.hu).all() and canvas.hu.dtype == np.float32
        assert np.array_equal(canvas.labels, before.labels)
        assert changed[canvas.instances > 0].mean() > 0.9
        for finding in canvas.findings:
            spec = FINDING_KINDS[kind]
            assert finding.kind == kind and not finding.measures
            assert all(value in spec.attributes[name] for name, value in finding.attributes.items())
            mask = canvas.instances == finding.number
            lobes = {lobe: int(np.count_nonzero(mask & canvas.mask(lobe))) for lobe in LOBES}
            touched = {lobe for lobe, count in lobes.items() if count}
            assert touched <= set(finding.structures)
            assert lobes[finding.structures[0]] >= 0.8 * max(lobes.values())
            assert finding.side == side_of(finding.structures)
            assert (finding.diameter_mm is not None) == (kind in ("nodule", "mass"))
        found += len(canvas.findings)
    assert found >= 1


@every_kind
def test_same_numbers_same_voxels(kind: str) -> None:
    first, second, other = (drawn(kind, "standard", seed) for seed in (5, 5, 6))
    assert first.hu.tobytes() == second.hu.tobytes()
    assert first.instances.tobytes() == second.instances.tobytes() and first.findings == second.findings
    assert first.hu.tobytes() != other.hu.tobytes()


def without_lungs(canvas: Canvas) -> None:
    canvas.labels[canvas.mask(*LOBES)] = 0


def with_lungs_full(canvas: Canvas) -> None:
    canvas.instances[...] = 999


@every_kind
@pytest.mark.parametrize("spoil", [without_lungs, with_lungs_full])
def test_no_room_no_change(kind: str, spoil: Callable[[Canvas], None]) -> None:
    canvas = atlas_canvas()
    spoil(canvas)
    hu, instances = canvas.hu.copy(), canvas.instances.copy()
    drawn(kind, "easy", 0, canvas)
    assert np.array_equal(canvas.hu, hu) and np.array_equal(canvas.instances, instances) and not canvas.findings


@pytest.mark.parametrize("spacing", [(20.0, 12.0, 12.0), (7.0, 5.0, 4.0)])
def test_coarse_grids(spacing: tuple[float, float, float]) -> None:
    canvas = atlas_canvas(spacing)
    for seed, kind in enumerate(DISEASES):
        drawn(kind, "hard", seed, canvas)
    assert np.isfinite(canvas.hu).all()


def test_a_finding_takes_no_others_voxels() -> None:
    canvas = atlas_canvas()
    for seed, kind in enumerate(kind for kind in DISEASES if kind not in ("nodule", "mass")):
        taken = canvas.instances.copy()
        drawn(kind, "standard", seed, canvas)
        assert np.array_equal(canvas.instances[taken > 0], taken[taken > 0]), kind
    assert {finding.kind for finding in canvas.findings} > {"consolidation", "ground_glass", "emphysema"}
