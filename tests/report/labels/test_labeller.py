"""What labelling returns: order, vectors, sections, headings, other tables, speed."""

from __future__ import annotations

import time

import pytest

from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.labels import INSPECT, LabelMention, Polarity, label_report, label_sections, label_table

REPORT = (
    "FINDINGS: The heart is enlarged. No pericardial effusion. Calcific plaques are observed in the aortic arch. "
    "Both lungs: no consolidation was detected. A nodule measuring 6 mm is observed in the right upper lobe. "
    "Possible mild bronchiectasis. IMPRESSION: Cardiomegaly."
)


def test_the_order_is_that_of_ct_rate() -> None:
    assert label_table("ct_rate").labels == CT_RATE_LABELS
    assert tuple(mention.label for mention in label_report("").mentions) == CT_RATE_LABELS


def test_a_vector_and_what_decided_it() -> None:
    said = label_report(REPORT)
    positive = {"Arterial wall calcification", "Cardiomegaly", "Lung nodule", "Bronchiectasis"}
    assert said.vector() == tuple(int(label in positive) for label in CT_RATE_LABELS)
    assert said.vector(uncertain=0) == tuple(int(label in positive - {"Bronchiectasis"}) for label in CT_RATE_LABELS)
    nodule = said["Lung nodule"]
    start = REPORT.index("nodule")
    sentence = "A nodule measuring 6 mm is observed in the right upper lobe."
    assert nodule == LabelMention("Lung nodule", Polarity.present, sentence, "nodule", start, start + 6)
    assert said["Consolidation"].polarity is Polarity.absent
    assert said["Mosaic attenuation pattern"] == LabelMention("Mosaic attenuation pattern")
    with pytest.raises(KeyError):
        said["Pneumonia"]


def test_presence_counts_before_doubt_and_doubt_before_absence() -> None:
    denied, open_, affirmed = "No lung nodule.", "Possible lung nodule.", "There is a lung nodule."
    assert label_report(f"{denied} {open_}")["Lung nodule"].polarity is Polarity.uncertain
    assert label_report(f"{open_} {affirmed} {denied}")["Lung nodule"].polarity is Polarity.present
    assert label_report(f"{affirmed} {affirmed}")["Lung nodule"].start == affirmed.index("lung nodule")


@pytest.mark.parametrize(
    ("section", "label"), [("heart", "Pericardial effusion"), ("lung", "Pleural effusion"), ("abdomen", None)]
)
def test_a_section_tells_what_a_bare_word_is_about(section: str, label: str | None) -> None:
    said = label_sections({section: "There is a small effusion."})
    present = [mention for mention in said.mentions if mention.polarity is Polarity.present]
    assert [mention.label for mention in present] == ([label] if label else [])
    assert all(mention.section == section and mention.start == 17 for mention in present)


def test_abbreviations_are_shown_as_they_are_written() -> None:
    text = "s/p CABG. Calcified LAD and RCA. No LAP. GGO in the RUL, w/o effusion."
    said = label_report(text)
    assert said["Lymphadenopathy"].words == "LAP"
    assert said["Lung opacity"].words == "GGO"
    assert said["Coronary artery wall calcification"].words == "Calcified"
    assert said["Pleural effusion"].polarity is Polarity.absent
    for mention in said.mentions:
        assert mention.start is None or text[mention.start : mention.end] == mention.words


def test_odd_texts_are_labelled() -> None:
    for text in (
        "",
        " \n ",
        "İİİ no effusion",
        "((()",
        "?",
        "no",
        "." * 500,
        "no effusion " * 300,
        "☃ nodule in the lung",
    ):
        assert len(label_report(text).vector()) == 18
    assert label_report("İ: No pleural effusion in İzmir.")["Pleural effusion"].polarity is Polarity.absent


@pytest.mark.parametrize(
    ("impression", "present"),
    [
        ("1. No pulmonary embolism. 2. Bilateral pleural effusions with atelectasis.", ["Atelectasis", "Effusions"]),
        ("Acute segmental pulmonary emboli. No right heart strain.", ["Embolism"]),
        ("Negative for embolism, consolidation or nodules.", ["Others"]),
        ("Ground-glass opacities, likely infection or aspiration.", ["Opacities", "Infection", "Aspiration"]),
        ("Metastatic disease with enlarged lymph nodes.", ["Disease", "Metastatic", "Node"]),
        ("Pulmonary hypertension. Interstitial oedema.", ["Edema", "Hypertension"]),
    ],
)
def test_entities_of_inspect(impression: str, present: list[str]) -> None:
    said = label_report(impression, INSPECT)
    assert len(said.vector()) == 21
    assert [label for label, value in zip(label_table(INSPECT).labels, said.vector(), strict=True) if value] == present


def test_the_entities_of_inspect_are_those_of_the_paper() -> None:
    names = (
        "Embolism Opacities Nodules Disease Atelectasis Infection Thickening Effusions Edema Aspiration Consolidation "
        "Mass Pneumonia Metastatic Lymphadenopathies Hypertension Metastases Lesions Malignancy Node Others"
    )
    assert label_table(INSPECT).labels == tuple(names.split())


def test_a_table_that_is_none_is_named() -> None:
    with pytest.raises(BadInput, match="chexpert"):
        label_report("No effusion.", "chexpert")


def test_many_reports_take_little_time() -> None:
    """Sentences that differ, so that none is remembered; types are checked in tests, which costs most of the time."""
    reports = [REPORT.replace("6 mm", f"{number} mm") for number in range(100)]
    began = time.process_time()
    for report in reports:
        label_report(report)
    assert len(reports) / (time.process_time() - began) > 50
