import re

import numpy as np
import pytest

from ctscribe.data.phantom.wording.dictating import (
    Dictation,
    asides,
    dictated,
    draw_dictation,
    ordered,
    passage,
    shortened,
)
from ctscribe.data.phantom.wording.document import Figure, PhantomSentence
from ctscribe.data.phantom.wording.verification.reading import undictated

NODULE = PhantomSentence(
    "There is a solid nodule measuring 20 mm in the right upper lobe.",
    "lung", ("nodule",), (0,), "finding", (Figure(0, "diameter_mm", 20.0),),
)  # fmt: skip
NORMAL = PhantomSentence("No pericardial effusion.", "heart", ("pericardial_effusion",))


def habits(**changes: object) -> Dictation:
    return Dictation(
        **{"style": "mixed", "shortening": 0.0, "earlier": None, "phase": None, "slice_mm": None, **changes}
    )


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("Right upper lobe nodule in the left lower lobe.", "RUL nodule in the LLL."),
        ("Ground-glass opacities without enlarged lymph nodes.", "GGOs w/o enlarged LNs."),
        ("Mild calcified plaques in the left anterior descending artery.", "Mild calcified plaques in the LAD."),
        ("Small left pleural effusion.", "Small left PE."),
        ("No pleural effusion.", "No pleural effusion."),
        ("No right pleural or pericardial effusion.", "No right pleural or pericardial effusion."),
        ("Bilateral change.", "Bilateral change."),
        ("In the right upper and lower lobes.", "In the right upper and lower lobes."),
    ],
)
def test_words_are_abbreviated_where_that_is_usual(long: str, short: str, rng: np.random.Generator):
    assert shortened(long, 1.0, rng) == short
    assert shortened(long, 0.0, rng) == long
    assert undictated(short).lower() == long.lower()


def test_without_an_earlier_examination_a_dictation_is_the_report_itself(rng: np.random.Generator):
    said = dictated([passage([NODULE]), passage([NORMAL])], habits(), rng)
    assert [(one.text, one.cleaned, one.section) for one in said] == [
        (NODULE.text, NODULE.text, "lung"),
        (NORMAL.text, NORMAL.text, "heart"),
    ]


def test_comparisons_surround_a_finding_and_cleaning_takes_them_off(rng: np.random.Generator):
    manners = set()
    for _ in range(300):
        first, *following = dictated([passage([NODULE])], habits(earlier="03.05.2021"), rng)
        assert first.cleaned == NODULE.text
        assert all(one.section is None and one.cleaned == "" for one in following)
        bare = undictated(first.text)
        assert bare[0].upper() + bare[1:] == NODULE.text
        manners.add("following" if following else "none" if first.text == NODULE.text else first.text.find("solid"))
    assert len(manners) > 5


def test_what_is_normal_is_not_compared(rng: np.random.Generator):
    for _ in range(60):
        assert [one.text for one in dictated([passage([NORMAL])], habits(earlier="03.05.2021"), rng)] == [NORMAL.text]


def test_an_earlier_size_is_smaller(rng: np.random.Generator):
    sizes = []
    for _ in range(400):
        text = " ".join(one.text for one in dictated([passage([NODULE])], habits(earlier="03.05.2021"), rng))
        sizes += [float(size) for size in re.findall(r"(\d+) mm", text) if size != "20"]
    assert sizes and max(sizes) < 20


def test_sections_stay_together_mostly(rng: np.random.Generator):
    passages = [passage([NODULE]), passage([NORMAL]), passage([NODULE]), passage([NORMAL])]
    kept = 0
    for _ in range(300):
        sections = [one[0].section for one in ordered(passages, "mixed", rng)]
        assert sorted(filter(None, sections)) == ["heart", "heart", "lung", "lung"]
        kept += sections[0] == sections[1]
    assert 240 < kept < 300


def test_asides_are_true_of_the_scan_and_stand_for_nothing(rng: np.random.Generator):
    texts = set()
    for _ in range(300):
        first, last = asides(habits(phase="none", slice_mm=1.25, earlier="03.05.2021"), rng)
        assert all(not one.stands_for for one in (*first, *last))
        texts |= {one.text for one in (*first, *last)}
    assert any("1.25 mm" in text for text in texts)
    assert any("without intravenous contrast" in text for text in texts)
    assert not any("phase" in text or "{" in text for text in texts)
    unknown = {one.text for _ in range(300) for part in asides(habits(), rng) for one in part}
    assert not any("contrast" in text or "mm" in text for text in unknown)


def test_habits_differ_from_day_to_day(rng: np.random.Generator):
    drawn = [draw_dictation("a", None, None, rng) for _ in range(60)]
    assert {one.shortening for one in drawn} == {0.0, 0.3, 0.8}
    assert {one.earlier is None for one in drawn} == {True, False}
