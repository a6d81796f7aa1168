from __future__ import annotations

import math

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.data.phantom.disease.lymph_nodes import STATIONS, draw_lymphadenopathy, node_places, short_axis_mm
from ctscribe.data.phantom.disease.mediastinum import aortic_parts, carina
from ctscribe.data.phantom.disease.soft_tissue import oval_depth
from ctscribe.data.phantom.level import LEVELS

WHOLE = (slice(0, 15), slice(0, 60), slice(0, 60))


def nodes(seed: int, level: str = "standard"):
    canvas = atlas_canvas()
    draw_lymphadenopathy(canvas, LEVELS[level], np.random.default_rng(seed))
    return canvas


@pytest.mark.parametrize(("long", "short", "turn"), [(10.0, 10.0, 0.0), (22.0, 14.0, 0.0), (22.0, 14.0, 0.7)])
def test_short_axis_of_an_ellipse(long: float, short: float, turn: float):
    depth = oval_depth(WHOLE, (7.0, 30.0, 30.0), (10.0, long / 2, short / 2), (2.0, 1.0, 1.0), turn)
    assert short_axis_mm(depth >= 0, (1.0, 1.0)) == pytest.approx(short, abs=0.6)


def test_carina_and_arch_are_found():
    canvas = atlas_canvas()
    at = carina(canvas)
    assert at is not None
    trachea = canvas.mask("trachea")
    level = round(at[0])
    assert np.ptp(np.nonzero(trachea[level])[1]) > 1.5 * np.ptp(np.nonzero(trachea[level + 8])[1])
    window, parts = aortic_parts(canvas)
    assert set(parts) == {"ascending aorta", "aortic arch", "descending aorta"}
    middle = {name: np.argwhere(mask).mean(axis=0) for name, mask in parts.items()}
    assert middle["ascending aorta"][1] < middle["descending aorta"][1]
    assert middle["aortic arch"][0] > middle["ascending aorta"][0]
    together = sum(mask.astype(int) for mask in parts.values())
    assert together.max() == 1 and not (together.astype(bool) & ~canvas.mask("aorta", window=window)).any()


@pytest.mark.parametrize("seed", range(8))
def test_nodes_are_enlarged_and_near_their_station(seed: int):
    before, canvas = atlas_canvas(), nodes(seed)
    places = node_places(before)
    for finding in canvas.findings:
        mask = canvas.instances == finding.number
        centre = np.argwhere(mask).mean(axis=0)
        away = (centre - places[finding.attributes["station"]]) * canvas.spacing
        assert math.hypot(*away) < 25
        assert finding.measures["short_axis_mm"] == pytest.approx(short_axis_mm(mask, canvas.spacing[1:]))
        assert 10 <= finding.measures["short_axis_mm"] < 32
        assert finding.measures["short_axis_mm"] <= finding.diameter_mm + canvas.spacing[1]
        assert not (mask & before.mask("trachea", "aorta", "superior_vena_cava", "pulmonary_vein", "heart")).any()
        assert 20 < np.percentile(canvas.hu[mask], 75) < 110


def test_one_finding_a_station_and_most_stations_occur():
    found = [[finding.attributes["station"] for finding in nodes(seed).findings] for seed in range(14)]
    assert all(len(stations) == len(set(stations)) <= 3 for stations in found)
    assert len({station for stations in found for station in stations}) >= 5
    assert {station for stations in found for station in stations} <= set(STATIONS)


def test_hard_nodes_enhance_less():
    hu = [
        np.percentile(nodes(seed, level).hu[nodes(seed, level).instances > 0], 80)
        for level in LEVELS
        for seed in (1, 2)
    ]
    assert np.mean(hu[4:]) < np.mean(hu[:2])
