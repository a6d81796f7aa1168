import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from phantom_tables import EVERYTHING, one_of_each, random_finding, random_table, renamed

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording import PhantomReport, PhantomSentence, write_report
from ctscribe.data.phantom.wording.document import FreeSentence
from ctscribe.data.phantom.wording.verification import contradictions

Written = tuple[list[PhantomFinding], PhantomReport]


@cache
def one_each_reports(count: int = 16) -> tuple[Written, ...]:
    rng = np.random.default_rng(5)
    tables = [one_of_each(rng) for _ in range(count)]
    return tuple((table, write_report(table, rng, visible=EVERYTHING)) for table in tables)


def with_text(report: PhantomReport, old: str, new: str) -> PhantomReport:
    """The report with words replaced wherever a structured sentence holds them, and that sentence dictated as it is."""

    def changed(sentence: PhantomSentence) -> PhantomSentence:
        return replace(sentence, text=re.sub(old, new, sentence.text))

    def dictated(free: FreeSentence) -> FreeSentence:
        stands_for = tuple(map(changed, free.stands_for))
        return free if stands_for == free.stands_for else replace(free, text=stands_for[0].text, stands_for=stands_for)

    clean = tuple(map(dictated, report.clean))
    sections = {key: tuple(map(changed, said)) for key, said in report.sections.items()}
    texts = {part: " ".join(free.text for free in clean if free.part == part) for part in ("findings", "impression")}
    return replace(report, sections=sections, clean=clean, **texts)


@pytest.mark.parametrize("style", ["a", "b", "mixed"])
def test_every_written_report_is_true(style: str):
    rng = np.random.default_rng([9, len(style)])
    for number in range(170):
        table = random_table(rng, ("easy", "standard", "hard")[number % 3])
        report = write_report(table, rng, visible=EVERYTHING, style=style, phase="none", slice_mm=1.0)
        assert contradictions(report, table) == []


@pytest.mark.parametrize("kind", FINDING_KINDS)
def test_a_finding_too_many_or_too_few_is_seen(kind: str):
    rng = np.random.default_rng(3)
    for table, report in one_each_reports(2):
        fewer = [finding for finding in table if finding.kind != kind]
        assert contradictions(report, fewer)
        report = write_report(fewer, rng, visible=EVERYTHING)
        assert contradictions(report, fewer) == []
        assert contradictions(report, table)


@pytest.mark.parametrize(
    "kind", ["nodule", "mass", "pleural_effusion", "lymphadenopathy", "liver_cyst", "medical_material"]
)
def test_of_two_findings_both_must_be_told(kind: str):
    rng = np.random.default_rng(3)
    for _ in range(10):
        first = random_finding(kind, rng)
        assert contradictions(write_report([first], rng, visible=EVERYTHING), [first, first])


@pytest.mark.parametrize(
    ("old", "new", "least"),
    [
        (r"\bright (?=(upper|middle|lower) lobe)", "left ", 10),
        (r"\bupper lobe", "lower lobe", 10),
        (r"\b(?i:left) (?=(\w+ ){0,3}pleural)", "right ", 3),
        (r"\b[Mm]ild(ly)?\b", r"severe\1", 8),
        (r"\b[Ss]mall\b(?! (airway|vessel))", "large", 5),
        (r"(?<!-)\b[Ss]olid\b", "calcified", 3),
        (r"\bspiculated\b", "smooth", 5),
        (r"\bcentrilobular\b", "paraseptal", 3),
        (r"\b[Ll]obar\b", "segmental", 2),
        (r"\b([1-9])(\d?)(\.\d)? mm\b", r"\g<1>9\2 mm", 10),
        (r"\b0\.[567](\d)\b", r"0.8\1", 5),
        (r"\b(\d\d)%", r"9\1%", 3),
        (r"\bsubcarinal\b", "left hilar", 1),
        (r"\b(aortic arch)\b", "descending aorta", 1),
        (r"\bT(\d+)\b", r"T1\1", 10),
        (r"\bnasogastric tube\b", "chest tube", 1),
        (r"\bkidney\b", "liver", 5),
        (r"\bconsolidation\b", "nodule", 10),
    ],
)
def test_a_wrong_word_is_seen(old: str, new: str, least: int):
    changed = [(table, with_text(report, old, new), report) for table, report in one_each_reports()]
    changed = [(table, wrong) for table, wrong, report in changed if wrong.sections != report.sections]
    assert len(changed) >= least
    for table, wrong in changed:
        assert contradictions(wrong, table)


def test_an_affirmed_denial_and_a_denied_finding_are_seen():
    rng = np.random.default_rng(2)
    for _ in range(20):
        report = write_report([], rng, visible=EVERYTHING, style="b")
        wrong = with_text(report, "^(No|Negative for) ", "There is ")
        assert (wrong == report) or contradictions(wrong, [])
    for table, report in one_each_reports():
        assert contradictions(with_text(report, r"^(There is|There are|A|An) ", "No "), table) or report == with_text(
            report, r"^(There is|There are|A|An) ", "No "
        )


def test_a_wrong_number_of_nodules_is_seen():
    rng = np.random.default_rng(2)
    nodule = replace(random_finding("nodule", rng), structures=("lung_upper_lobe_left",))
    seen = 0
    for _ in range(30):
        report = write_report([nodule] * 3, rng, visible=EVERYTHING)
        wrong = with_text(report, "(T|t)hree", "Two")
        seen += wrong != report
        assert wrong == report or contradictions(wrong, [nodule] * 3)
    assert seen > 15


def test_an_attribute_that_the_table_does_not_have_is_seen():
    rng = np.random.default_rng(2)
    for kind in ("emphysema", "cardiomegaly", "pleural_effusion", "hepatic_steatosis", "septal_thickening"):
        finding = random_finding(kind, rng)
        (name,) = finding.attributes.keys() & {"severity", "size"}
        values = FINDING_KINDS[kind].attributes[name]
        report = write_report([finding], rng, visible=EVERYTHING)
        others = [renamed(finding, **{name: value}) for value in values if value != finding.attributes[name]]
        assert all(contradictions(report, [other]) for other in others)


def test_what_a_sentence_carries_must_agree_with_its_text():
    table, report = one_each_reports()[0]
    for key, said in report.sections.items():
        for place, sentence in enumerate(said):
            goes_on = re.match("It|Its|They|Their|The largest", sentence.text)
            carried = [replace(sentence, figures=(replace(one, value=one.value + 3),)) for one in sentence.figures]
            if not goes_on:
                carried.append(replace(sentence, kinds=("nodule", "mass", "liver_cyst")))
            if sentence.findings and not goes_on:
                carried.append(replace(sentence, findings=((sentence.findings[0] + 1) % len(table),)))
            for wrong in carried:
                sections = {**report.sections, key: (*said[:place], wrong, *said[place + 1 :])}
                assert contradictions(replace(report, sections=sections), table), wrong


def test_a_sentence_lost_doubled_or_misplaced_is_seen():
    for table, report in one_each_reports(8):
        lost = next(free for free in report.clean if free.part == "findings" and free.stands_for)
        clean = tuple(free for free in report.clean if free is not lost)
        assert contradictions(replace(report, clean=clean), table)
        assert contradictions(replace(report, clean=(*report.clean, lost)), table)
        sections = {**report.sections, "airway": report.sections["heart"], "heart": report.sections["airway"]}
        assert contradictions(replace(report, sections=sections), table)


def test_a_finding_in_a_sentence_to_be_dropped_is_seen():
    for table, report in one_each_reports(8):
        hidden = FreeSentence("There is a tumour of the lymph nodes.", "findings")
        changed = replace(report, clean=(hidden, *report.clean), findings=f"{hidden.text} {report.findings}")
        assert any("to be dropped" in problem for problem in contradictions(changed, table))
