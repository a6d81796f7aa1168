from __future__ import annotations

from report_cases import make_case
from report_with import report_with

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.augmentation import Triplet, add_answers, add_normal_sentences, common_triplets
from ctscribe.report.augmentation.questioning import question_templates
from ctscribe.report.augmentation.sentences import speaks_of
from ctscribe.report.consistency import check_consistency
from ctscribe.report.findings import CT_RATE_LABELS

CYST = Triplet(
    region="abdomen",
    entity="cysts",
    position="in the left kidney",
    keywords=(("cyst",), ("left kidney", "kidneys")),
    labels=(),
)
EFFUSION = Triplet(
    region="lung",
    entity="pleural effusion",
    position="on the right",
    keywords=(("pleural effusion",), ("right", "bilateral")),
    labels=("Pleural effusion",),
)


class Answers:
    """Answers by the words of the question, and keeps what it was asked."""

    def __init__(self, **answers: bool | None) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, question: str) -> bool | None:
        self.asked.append(question)
        return next((answer for word, answer in self.answers.items() if word in question), None)


def test_an_answer_becomes_a_sentence_of_its_section() -> None:
    ask = Answers(kidney=False, pleural=True)
    report = add_answers(report_with({"lung": ["Clear lungs."]}), ask, [CYST, EFFUSION])
    assert ask.asked == [
        "Does the scan show cysts in the left kidney?",
        "Does the scan show pleural effusion on the right?",
    ]
    assert report.section("lung").text == "Clear lungs. The scan shows pleural effusion on the right."
    assert report.section("abdomen").text == "The scan shows no cysts in the left kidney."
    present, absent = report.section("lung").findings[1], report.section("abdomen").findings[0]
    assert (present.polarity, present.origin, present.labels) == ("present", "question", ("Pleural effusion",))
    assert (absent.polarity, absent.origin, absent.evidence) == ("absent", "question", ())


def test_what_the_report_speaks_of_is_not_asked() -> None:
    ask = Answers(pleural=True, kidney=True)
    report = report_with({"lung": ["Bilateral pleural effusions."], "abdomen": ["A cyst of the right kidney."]})
    assert add_answers(report, ask, [EFFUSION]) == report and ask.asked == []
    assert len(add_answers(report, ask, [CYST]).section("abdomen").findings) == 2  # the other kidney


def test_without_an_answer_nothing_is_said() -> None:
    report = report_with({"lung": ["Clear lungs."]})
    assert add_answers(report, lambda question: None) == report


def test_every_packaged_triplet_is_asked_of_an_empty_report_once() -> None:
    ask = Answers()
    add_answers(report_with({}), ask)
    assert len(ask.asked) == len(common_triplets()) == len(set(ask.asked))


def test_the_answers_speak_of_what_was_asked() -> None:
    for exists in (True, False):
        report = add_answers(report_with({}), lambda question, exists=exists: exists)
        assert add_answers(report, Answers(scan=True)) == report
        assert sum(len(section.findings) for section in report.sections) == len(common_triplets())


def test_defaults_after_answers_do_not_contradict_them() -> None:
    answered = add_answers(report_with({}), lambda question: True)
    texts = [one.text for section in add_normal_sentences(answered).sections for one in section.findings]
    assert "The scan shows nodules in the lungs." in texts and "No pulmonary nodule or mass is seen." not in texts
    assert "The scan shows stones in the gallbladder." in texts and "The gallbladder is unremarkable." not in texts


def test_an_answer_that_a_search_contradicts_does_not_survive_the_check() -> None:
    report = check_consistency(add_answers(report_with({}), Answers(pleural=True), [EFFUSION]), make_case())
    assert "pleural effusion" not in report.section("lung").text


def test_the_packaged_list_is_sound() -> None:
    regions = {region.key for region in CHEST6}
    assert len([one for one in common_triplets() if one.region == "abdomen"]) == 13
    assert len(question_templates()) == len(set(question_templates())) >= 4
    for one in common_triplets():
        assert one.region in regions and len(one.keywords) == 2 and set(one.labels) <= set(CT_RATE_LABELS)
        for template in question_templates():
            question = one.fill(template)
            assert one.entity in question and one.position in question and "{" not in question
        assert speaks_of(report_with({one.region: [f"{one.entity} {one.position}"]}), one.keywords[:1])
