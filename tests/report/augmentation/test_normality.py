from __future__ import annotations

import pytest
from report_cases import lesion, make_case
from report_with import report_with

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.augmentation import add_normal_sentences, normal_sentences
from ctscribe.report.augmentation.sentences import speaks_of
from ctscribe.report.consistency import check_consistency
from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Report


def added(report: Report) -> list[str]:
    return [one.text for section in report.sections for one in section.findings if one.origin == "default"]


def test_an_empty_report_gets_every_sentence_in_its_section() -> None:
    report = add_normal_sentences(report_with({}))
    for section in report.sections:
        assert [one.text for one in section.findings] == [
            normal.sentence for normal in normal_sentences() if normal.region == section.key
        ]


def test_what_is_added_tells_that_it_was_not_seen() -> None:
    for section in add_normal_sentences(report_with({})).sections:
        for one in section.findings:
            assert (one.origin, one.polarity, one.evidence, one.confidence) == ("default", "normal", (), None)


@pytest.mark.parametrize(
    ("sentence", "left_out"),
    [
        ("A 6 mm nodule in the left upper lobe.", "No pulmonary nodule or mass is seen."),
        ("Moderate right pleural effusion.", "No pleural effusion is seen."),
        ("The heart is enlarged.", "Heart size is normal."),
        ("Cardiomegaly.", "Heart size is normal."),
        ("Ascending aorta dilated, 46 mm.", "The thoracic aorta is normal in calibre."),
        ("Not assessed: pericardium, coronary arteries.", "No pericardial effusion is seen."),
        ("Right basal atelectasis.", "No atelectasis is seen."),
        ("Cholelithiasis.", "The gallbladder is unremarkable."),
        ("Grade 1 hydronephrosis on the left.", "No hydronephrosis is seen."),
        ("Hiatal hernia.", "The oesophagus is unremarkable."),
        ("Old rib fractures.", "No fracture is seen."),
    ],
)
def test_a_report_that_speaks_of_it_keeps_its_own_word(sentence: str, left_out: str) -> None:
    assert left_out in added(add_normal_sentences(report_with({})))
    assert left_out not in added(add_normal_sentences(report_with({"lung": [sentence]})))


def test_own_sentences_stay_first_and_a_second_time_adds_nothing() -> None:
    once = add_normal_sentences(report_with({"lung": ["Emphysema of the upper lobes."]}, ["Emphysema."]))
    assert once.section("lung").findings[0].text == "Emphysema of the upper lobes."
    assert add_normal_sentences(once) == once


def test_a_table_of_ones_own() -> None:
    table = [normal for normal in normal_sentences() if normal.region == "airway"]
    assert added(add_normal_sentences(report_with({}), table)) == [normal.sentence for normal in table]


def test_a_default_that_a_measurement_contradicts_does_not_survive_the_check() -> None:
    case = make_case([lesion("pleural_effusion", "pleura_left", volume_ml=300.0)])
    measured = MeasuredReporter()(case)
    silent = measured.model_copy(
        update={
            "impression": (),
            "sections": tuple(one.model_copy(update={"findings": ()}) for one in measured.sections),
        }
    )
    augmented = add_normal_sentences(silent)
    assert "No pleural effusion is seen." in added(augmented)
    assert "No pleural effusion is seen." not in added(check_consistency(augmented, case))


def test_the_packaged_table_is_sound() -> None:
    table = normal_sentences()
    regions = {region.key for region in CHEST6}
    assert len(table) == len({normal.sentence for normal in table})
    assert len([normal for normal in table if normal.region == "abdomen"]) == 15
    assert {normal.region for normal in table} == regions
    for normal in table:
        assert set(normal.labels) <= set(CT_RATE_LABELS)
        assert all(word == word.lower() for group in normal.keywords for word in group)
        assert speaks_of(report_with({normal.region: [normal.sentence]}), normal.keywords), normal.sentence
