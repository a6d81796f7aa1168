from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas
from scipy import ndimage

from ctscribe.data.phantom.disease.devices import DEVICES, draw_medical_material
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.truth import FINDING_KINDS

every_device = pytest.mark.parametrize("device", DEVICES)


def with_device(device: str, seed: int = 0):
    canvas = atlas_canvas()
    assert DEVICES[device](canvas, np.random.default_rng(seed))
    return canvas


def near(canvas, name: str, reach_mm: float) -> np.ndarray:
    return ndimage.distance_transform_edt(~canvas.mask(name), canvas.spacing) <= reach_mm


def test_every_device_that_is_told_can_be_drawn():
    assert set(DEVICES) == set(FINDING_KINDS["medical_material"].attributes["device"])


@every_device
def test_a_device_is_dense_and_in_one_piece(device: str):
    canvas = with_device(device)
    (finding,) = canvas.findings
    mask = canvas.instances > 0
    assert finding.attributes == {"device": device}
    assert np.median(canvas.hu[mask]) > 500
    pieces = ndimage.label(mask, np.ones((3, 3, 3)))[1]
    assert 3 <= pieces <= 16 if device == "sternal wires" else pieces == 1
    assert np.prod(canvas.spacing) * mask.sum() / 1000 < 40


@every_device
def test_what_is_far_from_the_device_stays_as_it_was(device: str):
    before, canvas = atlas_canvas(), with_device(device)
    away = ndimage.distance_transform_edt(canvas.instances == 0, canvas.spacing)
    changed = np.abs(canvas.hu - before.hu) > 150
    assert away[changed].max() < 45
    np.testing.assert_array_equal(canvas.labels, before.labels)


def test_a_catheter_lies_in_the_superior_vena_cava():
    canvas = with_device("central venous catheter")
    mask = canvas.instances > 0
    cava = canvas.window("superior_vena_cava")
    inside = mask[cava[0]]
    assert inside.any(axis=(1, 2)).mean() > 0.5
    assert near(canvas, "superior_vena_cava", 6)[cava[0]][inside].mean() > 0.9


def test_a_pacemaker_lies_in_front_on_the_left_and_reaches_the_heart():
    canvas = with_device("pacemaker")
    mask = canvas.instances > 0
    can = np.argwhere(ndimage.binary_erosion(mask, np.ones((3, 1, 3))))
    spine, sternum = (np.argwhere(canvas.mask(name)) for name in ("spinal_cord", "sternum"))
    assert can[:, 2].mean() > spine[:, 2].mean() + 10 and abs(can[:, 1].mean() - sternum[:, 1].mean()) < 15
    assert (mask & canvas.mask("heart")).sum() > 5
    assert canvas.hu.max() > 2500


def test_wires_lie_around_the_sternum():
    canvas = with_device("sternal wires")
    assert near(canvas, "sternum", 8)[canvas.instances > 0].all()


@pytest.mark.parametrize("seed", range(4))
def test_a_chest_tube_lies_in_the_pleural_space_of_its_side(seed: int):
    canvas = with_device("chest tube", seed)
    (finding,) = canvas.findings
    mask = canvas.instances > 0
    lung = canvas.mask(
        *(name for name in canvas.names.values() if name.startswith("lung") and str(finding.side) in name)
    )
    assert 0.5 < (mask & lung).sum() / mask.sum() < 1
    assert finding.structures[0] == f"pleura_{finding.side}"


def test_a_tube_follows_the_oesophagus():
    canvas = with_device("nasogastric tube")
    tract = near(canvas, "esophagus", 8) | near(canvas, "stomach", 15)
    assert tract[canvas.instances > 0].mean() > 0.9


def test_devices_vary():
    found = set()
    for seed in range(16):
        canvas = atlas_canvas()
        draw_medical_material(canvas, LEVELS["standard"], np.random.default_rng(seed))
        assert 1 <= len(canvas.findings) <= 2
        found |= {finding.attributes["device"] for finding in canvas.findings}
    assert found == set(DEVICES)
