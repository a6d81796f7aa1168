import pytest

from ctscribe.data.phantom.wording.verification.reading import joined, read, speaks_of_nothing, undictated


def test_a_sentence_about_a_nodule_is_read_whole():
    reading = read("A spiculated ground-glass nodule of 1.4 cm is seen in the upper lobe of the left lung.")
    assert (reading.kinds, reading.denied, reading.plural) == ({"nodule"}, False, False)
    assert reading.lobes == {"lung_upper_lobe_left"}
    assert not reading.lungs
    assert reading.values == {"density": {"ground-glass"}, "margin": {"spiculated"}}
    ((length, off),) = reading.lengths
    assert (length, off) == (14.0, pytest.approx(0.5, abs=1e-3))


def test_several_in_both_lungs_are_read_without_the_lobe_of_the_largest():
    reading = read("Five nodules are seen in both lungs, the largest measuring 12 mm in the right lower lobe.")
    assert (reading.count, reading.plural, reading.lobes, reading.lungs) == (5, True, frozenset(), {"left", "right"})


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("No pleural or pericardial effusion.", {"pleural_effusion", "pericardial_effusion"}),
        ("Heart not enlarged.", {"cardiomegaly"}),
        ("No active infiltration was detected in the lung parenchyma.", {"consolidation", "ground_glass"}),
        ("No renal cyst or hepatic steatosis.", {"kidney_cyst", "hepatic_steatosis"}),
        ("Visualised liver is free of cysts.", {"liver_cyst"}),
        ("Ribs and vertebral bodies are intact.", {"rib_fracture", "vertebral_compression"}),
        ("No aortic calcification.", {"arterial_calcification"}),
    ],
)
def test_denials_are_read(text: str, kinds: set[str]):
    reading = read(text)
    assert (reading.kinds, reading.denied) == (kinds, True)


@pytest.mark.parametrize(
    "text",
    [
        "Lobar consolidation in the right lower lobe without air bronchogram.",
        "Lymph node above normal limits in the subcarinal region.",
        "Diffuse ground-glass opacities in both lungs, which may represent pneumonia.",
    ],
)
def test_what_is_affirmed_is_not_taken_for_denied(text: str):
    assert not read(text).denied


def test_places_of_bones_are_read():
    assert read("Old fractures of the left 5th and 6th ribs.").ribs == {"rib_left_5", "rib_left_6"}
    assert read("Healed right tenth rib fracture.").ribs == {"rib_right_10"}
    assert read("Mild compression of T7.").levels == {"vertebrae_T7"}


def test_a_sentence_that_goes_on_is_joined_to_the_one_before():
    said = ["Two cysts in the liver.", "The largest is 20 mm.", "No renal cyst.", "It is odd."]
    assert joined(said) == [(0, "Two cysts in the liver. The largest is 20 mm."), (2, "No renal cyst. It is odd.")]


@pytest.mark.parametrize(
    "dictated",
    [
        "Compared with the previous examination, 8 mm nodule in the RUL.",
        "8 mm nodule in the RUL, unchanged from 03.05.2021.",
        "8 mm nodule in the RUL (previously 6 mm).",
        "8 mm stable nodule in the RUL.",
        "Stable since 03.05.2021: 8 mm nodule in the RUL.",
        "8 mm nodule in the RUL, increased from 6 mm on 03.05.2021.",
    ],
)
def test_comparisons_and_abbreviations_are_taken_off(dictated: str):
    assert undictated(dictated) == "8 mm nodule in the right upper lobe."


def test_some_sentences_speak_of_nothing():
    assert speaks_of_nothing("Trachea and main bronchi patent.")
    assert speaks_of_nothing("Liver and kidneys are outside the field of view.")
    assert not speaks_of_nothing("The spleen is large.")
