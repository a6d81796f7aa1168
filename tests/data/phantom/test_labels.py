import pytest

from ctscribe.data.phantom.labels import labels_of
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.report.findings import CT_RATE_LABELS


def test_no_finding_makes_no_label_positive():
    assert labels_of([]) == (0,) * 18


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("medical_material", "Medical material"),
        ("nodule", "Lung nodule"),
        ("mass", "Lung nodule"),
        ("ground_glass", "Lung opacity"),
        ("fibrotic_band", "Pulmonary fibrotic sequela"),
        ("coronary_calcification", "Coronary artery wall calcification"),
        ("septal_thickening", "Interlobular septal thickening"),
        ("kidney_cyst", None),
        ("rib_fracture", None),
    ],
)
def test_a_finding_makes_its_label_positive_and_no_other(kind: str, label: str | None):
    expected = tuple(int(name == label) for name in CT_RATE_LABELS)
    assert labels_of([PhantomFinding(kind, ())]) == expected
    assert labels_of([PhantomFinding(kind, ())] * 3) == expected


def test_every_label_can_be_made_positive():
    assert labels_of(PhantomFinding(kind, ()) for kind in FINDING_KINDS) == (1,) * 18
