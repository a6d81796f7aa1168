from __future__ import annotations

from ctscribe.anatomy.lesions import KINDS
from ctscribe.report.findings import CT_RATE_LABELS, LABEL_OF_KIND


def test_eighteen_labels_in_the_order_of_ct_rate() -> None:
    assert len(CT_RATE_LABELS) == len(set(CT_RATE_LABELS)) == 18
    assert CT_RATE_LABELS[0] == "Medical material" and CT_RATE_LABELS[9] == "Lung nodule"
    assert CT_RATE_LABELS[-1] == "Interlobular septal thickening"


def test_every_lesion_kind_has_its_label() -> None:
    assert set(LABEL_OF_KIND) == set(KINDS)
    assert {label for label in LABEL_OF_KIND.values() if label} <= set(CT_RATE_LABELS)
