from __future__ import annotations

import pytest

from ctscribe.report.consistency.mentions import biomarker_mentions, clauses, lesion_mentions, lobes, sides


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("in the left upper lobe", {"left upper lobe"}),
        ("RLL nodule", {"right lower lobe"}),
        ("lingular nodule", {"left upper lobe"}),
        ("in the middle lobe", {"right middle lobe"}),
        ("in the right upper and lower lobes", {"right upper lobe", "right lower lobe"}),
        ("in both lower lobes", {"left lower lobe", "right lower lobe"}),
        ("in the left lung, probably lower lobe", {"left lower lobe"}),
        ("in the liver", set()),
    ],
)
def test_lobes(text: str, named: set[str]) -> None:
    assert set().union(*(one.lobes for one in lobes(text))) == named


def test_an_open_side_means_any_lobe_of_that_height() -> None:
    (one,) = lobes("an upper lobe nodule")
    assert one.any_of and one.lobes == {"left upper lobe", "right upper lobe"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Right-sided effusion", ["right"]),
        ("Bilateral effusions", ["both"]),
        ("The right atrium is enlarged", []),
        ("left ventricular hypertrophy", []),
        ("left upper lobe nodule", []),
        ("cyst of the left kidney", ["left"]),
    ],
)
def test_sides(text: str, named: list[str]) -> None:
    assert [side for _, side in sides(text)] == named


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("No pleural or pericardial effusion.", {("pleural_effusion", True), ("pericardial_effusion", True)}),
        ("Consolidation without pleural effusion.", {("consolidation", False), ("pleural_effusion", True)}),
        ("A pulmonary nodule, not calcified.", {("lung_nodule", False)}),
        ("Pleural effusion is not seen.", {("pleural_effusion", True)}),
        ("A thyroid nodule.", set()),
        ("No other pulmonary nodule.", set()),
        ("No pulmonary nodule outside the consolidation.", set()),
        ("Ground glass opacity in the RUL.", {("ground_glass", False)}),
        ("Cortical cyst of the left kidney.", {("kidney_cyst", False)}),
    ],
)
def test_lesions_and_their_denial(text: str, mentions: set[tuple[str, bool]]) -> None:
    assert {one for clause in clauses(text) for one in lesion_mentions(clause, "heart")} == mentions


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("Cardiomegaly.", [("cardiothoracic_ratio", False)]),
        ("Heart size is normal.", [("cardiothoracic_ratio", True)]),
        ("The heart is not enlarged.", [("cardiothoracic_ratio", True)]),
        ("Dense calcification of the coronary arteries.", [("coronary_calcification_volume", False)]),
        ("No emphysema.", [("emphysema_index", True)]),
        ("The ascending aorta is aneurysmal.", [("ascending_aorta_diameter", False)]),
    ],
)
def test_judgements_in_words(text: str, mentions: list[tuple[str, bool]]) -> None:
    assert biomarker_mentions(clauses(text)[0]) == mentions


def test_decimal_points_do_not_end_a_clause() -> None:
    assert clauses("A 7.3 mm nodule; no effusion. Heart normal.") == ["A 7.3 mm nodule", "no effusion", "Heart normal"]
