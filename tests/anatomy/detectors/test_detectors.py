"""Which detectors run, and what is left to the segmenter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from inserted import with_ball
from phantoms import chest_phantom

from ctscribe.anatomy.detectors import detect_lesions
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import measure_lesions

LOOKED_FOR = {"lung_nodule", "pleural_effusion", "pericardial_effusion", "consolidation", "ground_glass"}
PLACE = (90.0, 40.0, -20.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_healthy_chest_is_searched_and_nothing_is_found(seed: int) -> None:
    volume, labelmap = chest_phantom(noise=15.0, seed=seed)
    complete = detect_lesions(volume, labelmap)
    assert set(complete.lesions) == LOOKED_FOR
    assert not any(mask.any() for mask in complete.lesions.values())
    assert complete.detections == ()
    assert measure_lesions(complete, volume, all_components=True) == ()


def test_kinds_of_the_segmenter_are_kept() -> None:
    volume, labelmap = chest_phantom()
    volume = with_ball(volume, PLACE, 30.0, 40.0, labelmap.region("lung"))
    nothing = np.zeros(volume.shape, dtype=bool)
    complete = detect_lesions(volume, replace(labelmap, lesions={"lung_nodule": nothing, "consolidation": nothing}))
    assert complete.lesions["lung_nodule"] is nothing
    assert complete.lesions["consolidation"] is nothing
    assert set(complete.lesions) == LOOKED_FOR


def test_a_mass_is_not_reported_as_consolidation_too() -> None:
    volume, labelmap = chest_phantom((100, 160, 200), (3.0, 2.0, 2.0))
    complete = detect_lesions(with_ball(volume, PLACE, 36.0, 40.0, labelmap.region("lung")), labelmap)
    (mass,) = measure_lesions(complete, volume, all_components=True)
    assert mass.kind == "lung_nodule"
    assert mass.diameter_mm == pytest.approx(36, abs=4)


def without_nodules(labelmap: LabelMap) -> LabelMap:
    """Nodules looked for by the segmenter: the slowest detector rests."""
    return replace(labelmap, lesions={"lung_nodule": np.zeros(labelmap.labels.shape, dtype=bool)})


def test_what_cannot_be_looked_for_stays_absent() -> None:
    volume, labelmap = chest_phantom()
    assert detect_lesions(volume, replace(labelmap, names={51: "heart"})).lesions == {}
    rough = detect_lesions(volume, replace(without_nodules(labelmap), approximate=frozenset({"heart"})))
    assert set(rough.lesions) == LOOKED_FOR - {"pericardial_effusion"}
    thick = detect_lesions(*chest_phantom((38, 80, 100), (8.0, 4.0, 4.0)))
    assert set(thick.lesions) == {"lung_nodule", "pleural_effusion", "consolidation"}
    assert any("8.0 mm slices" in note for note in thick.notes)


def test_kidney_cysts_are_looked_for_where_the_segmenter_knows_them() -> None:
    volume, labelmap = chest_phantom()
    labels = labelmap.labels.copy()
    labels[5:8, 50:54, 60:64] = 23
    names = {**labelmap.names, 23: "kidney_cyst_left", 24: "kidney_cyst_right"}
    complete = detect_lesions(volume, replace(without_nodules(labelmap), labels=labels, names=names))
    assert complete.lesions["kidney_cyst"].sum() == 3 * 4 * 4
    assert "kidney_cyst" not in detect_lesions(volume, without_nodules(labelmap)).lesions


def test_the_same_scan_gives_the_same_answer() -> None:
    volume, labelmap = chest_phantom()
    volume = with_ball(volume, PLACE, 24.0, 40.0, labelmap.region("lung"))
    first, second = (detect_lesions(volume, labelmap) for _ in range(2))
    assert first.detections
    assert first.detections == second.detections
    assert all(np.array_equal(first.lesions[kind], second.lesions[kind]) for kind in first.lesions)
