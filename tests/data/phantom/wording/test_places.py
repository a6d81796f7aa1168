from itertools import combinations

import numpy as np
import pytest

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.data.phantom.wording.places import lobe_words, place_words, rib_words, told_in
from ctscribe.data.phantom.wording.verification.reading import read

RU, RM, RL = (f"lung_{level}_lobe_right" for level in ("upper", "middle", "lower"))
LU, LL = (f"lung_{level}_lobe_left" for level in ("upper", "lower"))


@pytest.mark.parametrize(
    ("structures", "bare"),
    [
        ([RU], {"right upper lobe"}),
        ([RL, RU], {"right upper and lower lobes"}),
        ([RU, LU], {"both upper lobes"}),
        ([RL, LL, RU, LU], {"both upper and lower lobes", "both lungs"}),
        ([RM, LL], {"right middle lobe and left lower lobe"}),
        ([RU, RM, RL], {"right upper, middle and lower lobes", "right lung"}),
        ([LL, LU], {"left upper and lower lobes", "left lung"}),
        ([RU, RM, RL, LU, LL], {"both lungs"}),
        (["kidney_left"], {"left kidney"}),
        (["kidney_left", "kidney_right"], {"both kidneys"}),
        (["liver"], {"liver"}),
    ],
)
def test_places_are_called_what_they_are(structures: list[str], bare: set[str], rng: np.random.Generator):
    said = {place_words(structures, "b", rng) for _ in range(60)}
    assert {words[0] for words in said if words} == bare
    for place in bare - {"both lungs"}:
        assert (place, f"in {'' if place.startswith('both') else 'the '}{place}") in said


def test_what_is_no_place_has_no_words(rng: np.random.Generator):
    assert place_words(["heart"], "a", rng) is None


def test_every_set_of_lobes_is_read_back_as_it_was_said(rng: np.random.Generator):
    for count in range(1, 6):
        for lobes in combinations(LOBES, count):
            for hospital in ("a", "b") * 4:
                words = place_words(lobes, hospital, rng)
                assert words is not None
                reading = read(f"Atelectasis {words[1]}.")
                sides = {lobe.rsplit("_", 1)[1] for lobe in lobes}
                assert reading.lobes == set(lobes) or (not reading.lobes and reading.lungs == sides), words


def test_ribs_are_numbered_and_joined():
    assert rib_words(["rib_left_6"], "b") == "left sixth rib"
    assert rib_words(["rib_left_6", "rib_left_5", "rib_right_2"], "a") == "right 2nd rib and left 5th and 6th ribs"
    assert rib_words(["heart"], "a") == ""


def test_one_lobe_has_a_name_and_several_have_none():
    assert lobe_words([LL]) == "left lower lobe"
    assert lobe_words([LL, LU]) is None
    assert lobe_words(["heart"]) is None


def test_a_nodule_is_told_in_the_lobe_that_holds_most_of_it():
    assert told_in(PhantomFinding("nodule", (RL, RM))) == (RL,)
    assert told_in(PhantomFinding("consolidation", (RL, RM))) == (RL, RM)
