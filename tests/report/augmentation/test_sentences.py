from __future__ import annotations

import pytest
from report_with import model_finding, report_with

from ctscribe.report.augmentation.sentences import speaks_of, with_findings

EFFUSION = (("pleura",), ("effusion", "fluid"))


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("Small left pleural effusion.", True),
        ("PLEURAL FLUID on the right.", True),
        ("No pleural effusions.", True),
        ("Pleural thickening.", False),
        ("Pericardial effusion.", False),
        ("Subpleural effusion.", False),  # a keyword begins a word
    ],
)
def test_a_sentence_must_hold_a_word_of_every_group(sentence: str, holds: bool) -> None:
    assert speaks_of(report_with({"lung": [sentence]}), EFFUSION) is holds


def test_groups_are_not_put_together_from_two_sentences() -> None:
    assert not speaks_of(report_with({"lung": ["The pleura is smooth.", "There is fluid."]}), EFFUSION)


@pytest.mark.parametrize("place", ["heart", "impression"])
def test_any_section_and_the_impression_count(place: str) -> None:
    sentence = ["Pleural effusion."]
    report = report_with({}, sentence) if place == "impression" else report_with({place: sentence})
    assert speaks_of(report, EFFUSION)


def test_keywords_are_words_not_patterns() -> None:
    assert not speaks_of(report_with({"lung": ["abc"]}), (("a.c",),))


def test_findings_go_to_the_end_of_their_section_and_nothing_else_changes() -> None:
    report = report_with({"lung": ["One."], "heart": ["Two."]}, ["Three."])
    more = with_findings(report, {"heart": [model_finding("New.")]})
    assert [section.text for section in more.sections] == ["One.", "", "", "Two. New.", "", ""]
    assert [section.key for section in more.sections] == [section.key for section in report.sections]
    assert more.impression == report.impression
    assert report.section("heart").text == "Two."
    assert with_findings(report, {}) == report
