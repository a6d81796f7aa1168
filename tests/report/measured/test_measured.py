from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom
from report_cases import biomarker, lesion, make_case, random_case

from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.ct.volume import DicomReferences, PatientIdentity, ScanMeta
from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.writers.json import write_json
from ctscribe.report.writers.text import write_text

IDENTITY = PatientIdentity(
    name="Planted^Name",
    patient_id="ID-471147",
    birth_date="19330229",
    sex="O",
    accession_number="ACC-9911",
    study_id="STUDY-7",
    study_date="20010203",
    study_time="040506",
    referring_physician="Referrer^Planted",
)


@pytest.mark.parametrize("seed", range(40))
def test_six_sections_in_order_never_empty_labels_known(seed: int) -> None:
    case = random_case(seed)
    report = MeasuredReporter()(case)
    assert [(one.key, one.title) for one in report.sections] == [(one.key, one.title) for one in CHEST6]
    assert len(report.lesions) == len(case.lesions) and len(report.biomarkers) == len(case.biomarkers)
    findings = [finding for section in report.sections for finding in section.findings]
    assert all(section.findings for section in report.sections) and report.impression
    assert {label for finding in findings for label in finding.labels} <= set(CT_RATE_LABELS)
    assert {finding.origin for finding in findings} == {"measured"}
    assert all(finding.evidence for finding in findings if finding.polarity != "not_assessed")
    assert [finding.polarity for finding in findings].count("not_assessed") == 6


def test_the_same_case_gives_the_same_report() -> None:
    case = random_case(3)
    assert MeasuredReporter()(case) == MeasuredReporter()(case)


def test_no_identity_reaches_the_report() -> None:
    references = DicomReferences("1.2", "1.3", "1.4", "1.5", ("1.6",), patient=IDENTITY)
    case = make_case([lesion()], [biomarker("cardiothoracic_ratio", 0.5)], meta=ScanMeta("dicom", dicom=references))
    report = MeasuredReporter()(case)
    for text in (write_text(report), write_json(report)):
        for planted in vars(IDENTITY).values():
            assert planted == "O" or planted not in text


def test_an_untrusted_segmentation_claims_nothing() -> None:
    case = make_case(
        [lesion()],
        [biomarker("cardiothoracic_ratio", 0.4), biomarker("ascending_aorta_diameter", 60)],
        confidence={"lung_overlap": 0.6},
    )
    report = MeasuredReporter()(case)
    polarities = {finding.polarity for section in report.sections for finding in section.findings}
    assert polarities <= {"uncertain", "not_assessed"}
    assert any("fits this scan badly" in limit for limit in report.technique.limits)


def test_a_lesion_across_a_fissure_is_spoken_of_once() -> None:
    volume, labelmap = chest_phantom()
    mask = np.zeros(volume.shape, dtype=bool)
    border = np.argwhere(np.diff((labelmap.labels == 10).astype(int), axis=0) & (labelmap.labels[:-1] == 11))
    z, y, x = border[len(border) // 2]
    mask[z - 3 : z + 5, y - 3 : y + 4, x - 3 : x + 4] = True
    assert {10, 11} <= set(np.unique(labelmap.labels[mask]))
    labelmap = replace(labelmap, lesions={"lung_nodule": mask})
    case = Case(volume, labelmap, measure_lesions(labelmap, volume, all_components=True))
    first, *rest = MeasuredReporter()(case).section("lung").findings
    assert first.text.startswith("28 mm nodule in the left ") and "Lung nodule" in first.labels
    assert not [finding for finding in rest if "Lung nodule" in finding.labels]
