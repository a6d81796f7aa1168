import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
from phantom_tables import EVERYTHING, one_of_each, random_table

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording import PhantomReport, write_report
from ctscribe.data.phantom.wording.document import HOSPITALS
from ctscribe.data.phantom.wording.grammar import page
from ctscribe.data.phantom.wording.grouping import kind_page
from ctscribe.model.sentences import sentence_spans

ABDOMEN = {"liver", "kidney_left", "kidney_right"}


@cache
def written_reports(style: str = "mixed", count: int = 90) -> tuple[tuple[list[PhantomFinding], PhantomReport], ...]:
    rng = np.random.default_rng(8)
    tables = [random_table(rng, ("easy", "standard", "hard")[number % 3]) for number in range(count)]
    return tuple(
        (table, write_report(table, rng, visible=EVERYTHING, style=style, phase="portal", slice_mm=5.0))
        for table in tables
    )


def test_the_same_seed_writes_the_same_report():
    table = one_of_each(np.random.default_rng(1))
    reports = [write_report(table, np.random.default_rng(seed), visible=EVERYTHING) for seed in (2, 2, 3)]
    assert reports[0] == reports[1] != reports[2]


def test_every_section_says_something_and_every_sentence_is_whole():
    for _, report in written_reports():
        assert list(report.sections) == [region.key for region in CHEST6]
        assert all(report.sections.values())
        for text in (report.findings, report.impression, report.text):
            assert not re.search(r"[\[\]{}|_]|  |\.\.|,\.|\ba [aeio8]|None", text)
        for free in report.clean:
            assert re.match(r"[A-Z\d].*[.)]$", free.text)


def test_a_dictation_parts_into_its_sentences():
    for _, report in written_reports():
        for part, text in (("findings", report.findings), ("impression", report.impression)):
            said = [free.text for free in report.clean if free.part == part]
            assert [text[start:end] for start, end in sentence_spans(text)] == said


def test_a_dictation_holds_each_structured_sentence_once():
    for _, report in written_reports():
        held = [one for free in report.clean if free.part == "findings" for one in free.stands_for]
        assert Counter(held) == Counter(one for said in report.sections.values() for one in said)


def test_a_sentence_carries_the_findings_that_it_tells():
    for table, report in written_reports():
        said = [one for sentences in report.sections.values() for one in sentences]
        for one in said:
            assert (one.origin == "finding") == bool(one.findings)
            assert {table[index].kind for index in one.findings} == (set(one.kinds) if one.findings else set())
        assert {index for one in said for index in one.findings} == set(range(len(table)))


def test_the_impression_names_what_matters_most():
    for table, report in written_reports():
        concluded = [free.stands_for[0] for free in report.clean if free.part == "impression" and free.stands_for]
        ranks = [kind_page(one.kinds[0])["rank"] for one in concluded if one.origin == "finding"]
        told = [kind_page(finding.kind)["rank"] for finding in table]
        assert ranks == sorted(ranks)
        assert len(ranks) <= 5
        assert min(ranks, default=0) == min(told, default=0)
        assert concluded, "even a normal chest has an impression"


def test_nothing_is_said_of_what_is_out_of_view():
    rng = np.random.default_rng(4)
    visible = EVERYTHING - ABDOMEN
    for _ in range(60):
        table = [finding for finding in random_table(rng) if FINDING_KINDS[finding.kind].region != "abdomen"]
        report = write_report(table, rng, visible=visible)
        (said,) = report.sections["abdomen"]
        assert re.search("not within the sections|did not enter|outside the field|not imaged", said.text)
    only_liver = [write_report([], rng, visible=visible | {"liver"}) for _ in range(40)]
    assert not any("kidney" in report.text or "renal" in report.text for report in only_liver)
    assert all(re.search("liver|hepatic|steatosis", report.text.lower()) for report in only_liver)


def test_the_hospitals_share_no_wording():
    rng = np.random.default_rng(6)
    said = {
        hospital: {
            one.text
            for _ in range(50)
            for sentences in write_report([], rng, visible=EVERYTHING, style=hospital).sections.values()
            for one in sentences
        }
        for hospital in HOSPITALS
    }
    assert min(len(of) for of in said.values()) > 90
    assert not said["a"] & said["b"]
    for kind in FINDING_KINDS:
        for form in ("one", "several", "impression"):
            wordings = kind_page(kind).get(form, {"a": [], "b": []})
            assert not set(wordings["a"]) & set(wordings["b"])


def test_there_are_many_wordings():
    for kind in FINDING_KINDS:
        one = kind_page(kind)["one"]
        assert len(one["a"]) + len(one["b"]) >= 8, kind
        assert len(kind_page(kind)["denied"]["names"]) >= 1
    frames = page("normal")["frames"]
    assert len(frames["a"]) + len(frames["b"]) >= 5
    texts = Counter(one.text for _, report in written_reports() for said in report.sections.values() for one in said)
    assert len(texts) > 700
    assert texts.most_common(1)[0][1] < 0.5 * len(written_reports())


HARD = (
    r"\bRUL\b", r"\bGGOs?\b", r"\bLNs?\b", r"\bPE\b", r"\bw/", r"ompared (with|to)", r"unchanged|stable", r"contrast",
    r"may (be compatible|represent)", r"compatible with|consistent with", r"\d mm", r"\d cm", r"[Tt]wo nodules",
    r"(pleural or pericardial|pericardial or pleural) effusion",
)  # fmt: skip


@pytest.mark.parametrize("pattern", HARD)
def test_dictations_have_what_makes_them_hard_to_structure(pattern: str):
    texts = [report.findings for _, report in (*written_reports(), *written_reports("b", 60))]
    assert any(re.search(pattern, text) for text in texts)


def test_dictations_hold_sentences_to_drop():
    dropped = [sum(not free.stands_for for free in report.clean) for _, report in written_reports()]
    assert 0.3 < np.mean(np.array(dropped) > 0) < 0.95
