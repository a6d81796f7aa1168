from dataclasses import replace

import numpy as np
import pytest
from phantom_tables import random_finding, renamed

from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.data.phantom.wording.slots import telling

UPPER, LOWER = "lung_upper_lobe_left", "lung_lower_lobe_left"


def nodule(rng: np.random.Generator, lobe: str, size: float, density: str = "solid"):
    return replace(renamed(random_finding("nodule", rng), density=density), structures=(lobe,), diameter_mm=size)


def test_one_nodule_has_its_size_and_its_lobe(rng: np.random.Generator):
    told = telling([nodule(rng, UPPER, 14.2)], (0,), "b", rng)
    assert not told.several
    assert told.slots["lobe"] == "left upper lobe"
    assert told.slots["size"] in {"14 mm", "1.4 cm"}
    (figure,) = told.figures["size"]
    assert (figure.finding, figure.measure, figure.value) == (0, "diameter_mm", pytest.approx(14))


def test_several_nodules_are_counted_and_only_shared_attributes_told(rng: np.random.Generator):
    table = [nodule(rng, UPPER, 6.0), nodule(rng, UPPER, 20.0, "calcified"), nodule(rng, LOWER, 9.0)]
    told = telling(table, (0, 1, 2), "a", rng)
    assert told.several
    assert told.slots["count"] == "three"
    assert told.slots["in_largest"] == "in the left upper lobe"
    assert "density" not in told.slots
    assert [figure.finding for figure in told.figures["largest"]] == [1]
    assert [figure.finding for figure in told.figures["sizes"]] == [1, 2, 0]


def test_two_effusions_have_a_thickness_each(rng: np.random.Generator):
    effusion = renamed(random_finding("pleural_effusion", rng), size="large")
    table = [
        replace(effusion, structures=(f"pleura_{side}",), side=side, measures={"thickness_mm": thickness})
        for side, thickness in (("left", 30.0), ("right", 20.0))
    ]
    told = telling(table, (0, 1), "b", rng)
    assert told.slots["bilateral"] == "bilateral"
    assert "side" not in told.slots
    assert told.slots["thicknesses"] in {
        "30 mm on the left and 20 mm on the right",
        "3.0 cm on the left and 2.0 cm on the right",
    }


def test_several_vessels_are_listed(rng: np.random.Generator):
    first = renamed(random_finding("coronary_calcification", rng), vessel="circumflex", severity="mild")
    told = telling([first, renamed(first, vessel="right coronary")], (0, 1), "a", rng)
    assert told.slots["vessel"] == "left circumflex artery and right coronary artery"
    assert told.slots["severity"] == "mild"


def test_every_kind_fills_the_slots_of_its_attributes(rng: np.random.Generator):
    for kind, of in FINDING_KINDS.items():
        told = telling([random_finding(kind, rng)], (0,), "b", rng)
        names = {"size_word" if name == "size" else name for name in of.attributes}
        assert names - told.slots.keys() <= {"bronchogram"}
        assert set(of.measures) <= told.slots.keys()
