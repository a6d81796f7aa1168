import re
from collections import Counter, defaultdict
from functools import cache

import numpy as np
from phantom_tables import EVERYTHING, random_finding, random_table

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.questions import YES_NO, questions_of
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.record import Question
from ctscribe.report.wording import structure_words

NAMES = {
    "pulmonary nodule": "nodule", "pulmonary mass": "mass", "ground-glass opacity": "ground_glass",
    "interlobular septal thickening": "septal_thickening", "aortic wall calcification": "arterial_calcification",
    "coronary artery calcification": "coronary_calcification", "renal cyst": "kidney_cyst",
    "hepatic cyst": "liver_cyst", "medical material": "medical_material",
}  # fmt: skip


@cache
def asked() -> tuple[tuple[list[PhantomFinding], tuple[Question, ...]], ...]:
    rng = np.random.default_rng(4)
    tables = [random_table(rng) for _ in range(250)]
    return tuple((table, questions_of(table, rng, visible=EVERYTHING)) for table in tables)


def of_kind(kind: str) -> list[tuple[list[PhantomFinding], Question]]:
    return [(table, one) for table, questions in asked() for one in questions if one.kind == kind]


def kind_asked(question: Question) -> str:
    """The kind that a question names, by the test's own reading."""
    known = {kind.replace("_", " "): kind for kind in FINDING_KINDS} | NAMES
    named = [name for name in known if re.search(rf"\b{name}\b", question.question)]
    return known[max(named, key=len)]


def lobes_of(table: list[PhantomFinding], kind: str) -> set[str]:
    return {name for finding in table if finding.kind == kind for name in finding.structures if name in LOBES}


def test_the_same_seed_asks_the_same():
    table = random_table(np.random.default_rng(1))
    first, again, other = (questions_of(table, np.random.default_rng(seed), visible=EVERYTHING) for seed in (2, 2, 3))
    assert first == again != other


def test_there_are_all_four_forms_open_and_closed():
    kinds = Counter((one.kind, bool(one.choices)) for _, questions in asked() for one in questions)
    assert kinds.keys() == {
        ("presence", True), ("location", True), ("location", False), ("size", True), ("size", False),
        ("abnormality", True), ("abnormality", False),
    }  # fmt: skip
    assert min(kinds.values()) > 100


def test_every_answer_is_among_its_choices_and_every_question_is_one():
    for _, questions in asked():
        for one in questions:
            assert not one.choices or one.answer in one.choices
            assert len(set(one.choices)) == len(one.choices)
            assert re.match(r"[A-Z].*\?$", one.question) and "{" not in one.question


def test_presence_is_true_and_answered_yes_as_often_as_no():
    answers = Counter()
    by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for table, one in of_kind("presence"):
        kind = kind_asked(one)
        here = [finding for finding in table if finding.kind == kind]
        if one.region is not None:
            here = [finding for finding in here if one.region in finding.structures]
            assert structure_words(one.region) in one.question
        assert (one.answer == "yes") == bool(here), one
        assert one.choices == YES_NO
        answers[one.answer] += 1
        by_kind[kind][one.answer] += 1
    assert answers["yes"] == answers["no"]
    shares = [count["yes"] / count.total() for count in by_kind.values() if count.total() >= 30]
    assert len(shares) > 15 and min(shares) > 0.25 and max(shares) < 0.75, "the name alone tells little"


def test_locations_are_the_findings():
    for table, one in of_kind("location"):
        kind = kind_asked(one)
        lobes = {structure_words(lobe) for lobe in lobes_of(table, kind)}
        if "side" in one.answer:
            sides = {finding.side for finding in table if finding.kind == kind}
            assert one.answer == (f"{sides.pop()} side" if len(sides) == 1 else "both sides")
        else:
            said = set(re.split(", | and ", one.answer))
            assert said <= lobes
            assert said == lobes or kind in {"nodule", "mass"}
            assert not one.choices or not lobes & set(one.choices) - said or kind in {"nodule", "mass"}


def test_sizes_are_the_largest_finding_s():
    places = Counter()
    for table, one in of_kind("size"):
        kind = kind_asked(one)
        measure = next(name for name in ("diameter", "thickness", "short axis") if name in one.question)
        members = [finding for finding in table if finding.kind == kind]
        field = f"{measure.replace(' ', '_')}_mm"
        values = [finding.diameter_mm if measure == "diameter" else finding.measures[field] for finding in members]
        assert one.answer == f"{max(values):.0f} mm"
        if one.choices:
            places[one.choices.index(one.answer)] += 1
    assert len(places) == 4 and min(places.values()) > 0.15 * places.total(), "the place of the answer tells nothing"


def test_abnormalities_are_those_of_the_place():
    for table, one in of_kind("abnormality"):
        there = {
            finding.kind
            for finding in table
            if FINDING_KINDS[finding.kind].region in (one.region, "lung")
            and one.region in (FINDING_KINDS[finding.kind].region, *finding.structures)
        }
        known = {kind.replace("_", " "): kind for kind in FINDING_KINDS} | NAMES
        said = set() if one.answer == "no abnormality" else {known[name] for name in re.split(", | and ", one.answer)}
        assert said == there, one
        assert not {known.get(choice) for choice in one.choices if choice != one.answer} & there


def test_nothing_is_asked_of_what_is_out_of_view():
    rng = np.random.default_rng(3)
    visible = EVERYTHING - {"liver", "kidney_left", "kidney_right", "lung_upper_lobe_left"}
    for _ in range(100):
        table = [random_finding("nodule", rng), random_finding("cardiomegaly", rng)]
        for one in questions_of(table, rng, visible=visible):
            assert not re.search("hepatic|renal|abdomen", one.question)
            assert one.answer != "no" or "left upper lobe" not in one.question


def test_a_normal_chest_is_asked_what_is_abnormal():
    (first, *_) = questions_of([], np.random.default_rng(3), visible=EVERYTHING)
    assert (first.kind, first.answer) == ("abnormality", "no abnormality")
