"""Free sentences held to a case: one left nodule of 12 mm, a mass of 40 mm, right pleural fluid, a heart of 0.45."""

from __future__ import annotations

import pytest
from report_cases import biomarker, lesion, make_case, random_case

from ctscribe.ct.volume import ScanMeta
from ctscribe.report.consistency import check_consistency, check_finding
from ctscribe.report.consistency.grounds import Dropped
from ctscribe.report.facts import Facts, biomarker_evidence, lesion_evidence
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Evidence, Finding, Measurement, Polarity

CASE = make_case(
    [
        lesion("pleural_effusion", "pleura_right", 90, 300),
        lesion("lung_nodule", "lung_upper_lobe_right", 40, 20, key_slice=20),
        lesion("lung_nodule", "lung_lower_lobe_left", 12, 0.9),
        lesion("ground_glass", "lung_upper_lobe_left", 9, 0.4, confidence=0.2),
    ],
    [
        biomarker("cardiothoracic_ratio", 0.45),
        biomarker("ascending_aorta_diameter", 44),
        biomarker("emphysema_index", 12),
        biomarker("coronary_calcification_volume", 0.0),
        biomarker("vertebral_attenuation_T12", 150),
    ],
    looked_for=["lung_nodule", "pleural_effusion", "pericardial_effusion", "consolidation"],
)
FACTS = Facts(CASE)
EFFUSION, MASS, NODULE = (lesion_evidence(CASE.lesions[index], index) for index in range(3))
HEART, AORTA, BONE = (biomarker_evidence(CASE.biomarkers[index], "model") for index in (0, 1, 4))


def claim(text: str, *evidence: Evidence, polarity: Polarity = "present") -> Finding:
    return Finding(text=text, polarity=polarity, origin="model", evidence=evidence)


def checked(text: str, *evidence: Evidence, polarity: Polarity = "present", section: str = "lung") -> Finding | Dropped:
    return check_finding(claim(text, *evidence, polarity=polarity), FACTS, section)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("There is a 1.2 cm nodule in the left lower lobe.", NODULE),
        ("LLL nodule measuring 12 x 9 mm on slice 19.", NODULE),
        ("A left-sided nodule, slices 18–20 of 26, not calcified.", NODULE),
        ("A nodule larger than 1 cm.", NODULE),
        ("Right upper lobe mass of about 4 cm, one of 2 nodules.", MASS),
        ("Right pleural effusion of roughly 0.3 L.", EFFUSION),
        ("Heart size is normal, cardiothoracic ratio 0.45.", HEART),
        ("The ascending aorta is dilated to 4.4 cm.", AORTA),
        ("T12 measures 150 HU.", BONE),
    ],
)
def test_true_sentences_stay(text: str, evidence: Evidence) -> None:
    assert checked(text, evidence) == claim(text, evidence)


@pytest.mark.parametrize(
    ("text", "evidence", "right"),
    [
        ("A 21 mm nodule in the left lower lobe.", NODULE, "A 12 mm nodule in the left lower lobe."),
        ("A 2.1 cm nodule.", NODULE, "A 12 mm nodule."),
        ("Nodule in the right lower lobe.", NODULE, "Nodule in the left lower lobe."),
        ("RUL nodule.", NODULE, "Left lower lobe nodule."),
        ("Left pleural effusion.", EFFUSION, "Right pleural effusion."),
        ("Nodule on slice 3 of 26.", NODULE, "Nodule on slice 19 of 26."),
        ("L1 measures 150 HU.", BONE, "T12 measures 150 HU."),
        ("Heart size is normal, cardiothoracic ratio 0.62.", HEART, "Heart size is normal, cardiothoracic ratio 0.45."),
        ("There are 5 pulmonary nodules.", NODULE, "There are 1 pulmonary nodules."),
        ("There are three nodules in the left lower lobe.", NODULE, "There are 1 nodules in the left lower lobe."),
    ],
)
def test_one_answer_puts_a_sentence_right(text: str, evidence: Evidence, right: str) -> None:
    outcome = checked(text, evidence)
    assert isinstance(outcome, Finding) and outcome.text == right
    assert len(outcome.notes) == 1 and "corrected" in outcome.notes[0] and outcome.polarity == "present"


@pytest.mark.parametrize(
    ("text", "evidence", "reason"),
    [
        ("Nodules in the left upper lobe and the right lower lobe.", NODULE, "lobe"),
        ("Bilateral pleural effusions.", EFFUSION, "side"),
        ("Nodule of 21 mm, formerly 18 mm.", NODULE, "figure"),
        ("A nodule larger than 2 cm.", NODULE, "limit"),
        ("A nodule on slices 2 and slice 5.", NODULE, "slice"),
        ("No pleural effusion.", EFFUSION, "denies"),
        ("The heart is enlarged.", HEART, "otherwise"),
        ("The ascending aorta is not dilated.", AORTA, "otherwise"),
    ],
)
def test_a_contradiction_without_one_answer_goes(text: str, evidence: Evidence, reason: str) -> None:
    outcome = checked(text, evidence)
    assert isinstance(outcome, Dropped) and reason in outcome.reason


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("No pleural effusion.", "absent"),
        ("No pulmonary nodules.", "absent"),
        ("No nodule larger than 3 cm.", "absent"),
        ("No nodule in the left lower lobe.", "absent"),
        ("Pericardial effusion.", "present"),
        ("Consolidation in the right lower lobe.", "present"),
        ("Nodule in the right lower lobe.", "present"),
        ("Left pleural effusion.", "present"),
        ("Cardiomegaly.", "present"),
        ("Coronary artery calcification.", "present"),
        ("No emphysema.", "absent"),
    ],
)
def test_contradictions_are_found_without_evidence_too(text: str, polarity: Polarity) -> None:
    assert isinstance(checked(text, polarity=polarity), Dropped)


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("No left pleural effusion.", "absent"),
        ("No nodule larger than 5 cm.", "absent"),
        ("No consolidation.", "absent"),
        ("The heart is normal in size.", "normal"),
        ("Bronchiectasis in the right lower lobe.", "present"),
        ("Kidney cyst on the left.", "present"),
    ],
)
def test_a_claim_without_evidence_becomes_uncertain(text: str, polarity: Polarity) -> None:
    outcome = checked(text, polarity=polarity)
    assert isinstance(outcome, Finding)
    assert (outcome.text, outcome.polarity) == (text, "uncertain")
    assert outcome.notes == ("no measurement supports this sentence",)


def test_a_possible_lesion_makes_its_denial_uncertain() -> None:
    outcome = checked("No ground-glass opacity.", HEART, polarity="absent")
    assert isinstance(outcome, Finding) and outcome.polarity == "uncertain"
    assert outcome.notes == ("a possible ground glass was found",)


@pytest.mark.parametrize(
    "evidence",
    [
        NODULE.model_copy(update={"lesion": 17}),
        NODULE.model_copy(update={"lesion": -1}),
        NODULE.model_copy(update={"key_slice": 99}),
        NODULE.model_copy(
            update={"measurements": (Measurement(name="diameter", value=25, unit="mm", method="guess"),)}
        ),
        HEART.model_copy(update={"measurements": (Measurement(name="made_up", value=1, unit="1", method="guess"),)}),
    ],
)
def test_invented_evidence_is_taken_away(evidence: Evidence) -> None:
    outcome = checked("Peribronchial thickening.", evidence)
    assert isinstance(outcome, Finding) and outcome.evidence == () and outcome.polarity == "uncertain"


@pytest.mark.parametrize("text", ["Peribronchial thickening.", "Ground-glass opacity."])
def test_a_lesion_of_another_kind_is_no_evidence(text: str) -> None:
    outcome = checked(text, NODULE)
    assert isinstance(outcome, Finding) and outcome.evidence == () and outcome.polarity == "uncertain"
    assert len(outcome.notes) == 2


def test_a_report_keeps_its_sections_and_says_what_was_done() -> None:
    report = MeasuredReporter()(CASE)
    airway = report.section("airway").model_copy(
        update={"findings": (claim("No pulmonary nodules.", polarity="absent"),)}
    )
    lung = report.section("lung")
    lung = lung.model_copy(update={"findings": (*lung.findings, claim("A 21 mm nodule.", NODULE))})
    written = report.model_copy(update={"sections": (lung, airway, *report.sections[2:])})
    after = check_consistency(written, CASE)
    assert after.section("lung").findings[-1].text == "A 12 mm nodule."
    assert [finding.polarity for finding in after.section("airway").findings] == ["not_assessed"]
    assert after.notes == (
        "Lung parenchyma: “A 21 mm nodule.”: figure 21 mm corrected to 12 mm",
        "Large airway: dropped “No pulmonary nodules.”: it denies a lung nodule that was found",
    )
    assert check_consistency(after, CASE) == after


@pytest.mark.parametrize("block", range(4))
def test_the_measured_report_passes_unchanged(block: int) -> None:
    for seed in range(1000 + block * 50, 1050 + block * 50):
        case = random_case(seed)
        report = MeasuredReporter()(case)
        assert check_consistency(report, case) == report, seed


@pytest.mark.parametrize("seed", range(5))
def test_a_measured_report_of_another_case_does_not_pass(seed: int) -> None:
    report = MeasuredReporter()(random_case(seed))
    assert check_consistency(report, random_case(seed + 100)) != report


@pytest.mark.parametrize("meta", [ScanMeta(contrast=True), ScanMeta(contrast=False, kernel="LUNG")])
def test_a_figure_that_its_limits_do_not_hold_for_contradicts_nothing(meta: ScanMeta) -> None:
    facts = Facts(make_case(biomarkers=[biomarker("emphysema_index", 12)], meta=meta))
    outcome = check_finding(claim("No emphysema.", polarity="absent"), facts, "lung")
    assert isinstance(outcome, Finding) and outcome.polarity == "uncertain"
