"""What a report says of an entity at a position, and the questions that it answers."""

from __future__ import annotations

import numpy as np
import pytest

from ctscribe.data.structuring import stated_triplets, triplet_questions
from ctscribe.report.augmentation import common_triplets
from ctscribe.report.sectioning import structure_text


def said(text: str) -> dict[tuple[str, str], bool]:
    return {(one.entity, one.position): one.exists for one in stated_triplets(structure_text(text))}


@pytest.mark.parametrize(
    ("text", "entity", "position", "exists"),
    [
        ("There is a 7 mm nodule in the RUL.", "nodules", "in the lungs", True),
        ("There is a 7 mm nodule in the RUL.", "nodule", "in the right upper lobe", True),
        ("No pulmonary nodule.", "nodules", "in the lungs", False),
        ("Small left pleural effusion.", "pleural effusion", "on the left", True),
        ("No pleural or pericardial effusion.", "pleural effusion", "on the right", False),
        ("No pleural or pericardial effusion.", "fluid", "in the pericardial sac", False),
        ("Bilateral pleural effusions.", "pleural effusion", "on the right", True),
        ("Calcified plaques in the coronary arteries.", "calcification", "in the walls of the coronary arteries", True),
        ("A cyst in the left kidney.", "cysts", "in the left kidney", True),
        ("No enlarged lymph nodes in the mediastinum.", "enlarged lymph nodes", "in the mediastinum", False),
        ("Emphysema in both upper lobes.", "emphysema", "in the left upper lobe", True),
        ("Healed fracture of the left rib.", "fractures", "in the ribs or vertebrae in view", True),
    ],
)
def test_a_report_states_triplets(text: str, entity: str, position: str, exists: bool) -> None:
    assert said(text)[entity, position] is exists


@pytest.mark.parametrize(
    ("text", "entity", "position"),
    [
        ("Small left pleural effusion.", "pleural effusion", "on the right"),
        ("No other nodule in the lungs.", "nodules", "in the lungs"),
        ("A cyst in the left kidney.", "cysts", "in the right kidney"),
        ("The heart is normal.", "nodules", "in the lungs"),
    ],
)
def test_what_is_not_said_is_no_triplet(text: str, entity: str, position: str) -> None:
    assert (entity, position) not in said(text)


def test_what_is_affirmed_anywhere_is_there() -> None:
    text = "There is a nodule in the left upper lobe. No nodule in the right lung."
    assert said(text)["nodules", "in the lungs"] is True


def test_every_triplet_is_stated_once() -> None:
    text = "Nodules in both lungs. Nodules in both lungs. No consolidation. No consolidation in the left lower lobe."
    triplets = stated_triplets(structure_text(text))
    assert len({(one.entity, one.position) for one in triplets}) == len(triplets)


def test_questions_are_closed_and_answered() -> None:
    triplets = stated_triplets(structure_text("A nodule in the lingula. No pericardial effusion."))
    questions = triplet_questions(triplets, np.random.default_rng(0))
    assert len(questions) == len(triplets)
    for question, triplet in zip(questions, triplets, strict=True):
        assert question.choices == ("True", "False")
        assert question.answer == str(triplet.exists)
        assert triplet.entity in question.question
        assert triplet.position in question.question
        assert question.region == triplet.region


def test_questions_come_in_several_wordings_and_the_same_for_the_same_seed() -> None:
    triplets = stated_triplets(structure_text("A nodule in the lingula. No pericardial effusion. Emphysema.")) * 5
    first = triplet_questions(triplets, np.random.default_rng(1))
    assert first == triplet_questions(triplets, np.random.default_rng(1))
    assert len({question.question.split()[0] for question in first}) > 2


def test_most_common_triplets_can_be_stated() -> None:
    stated = set()
    for triplet in common_triplets():
        sentence = f"There are {triplet.entity} {triplet.position}."
        stated |= {(one, triplet.position) for one, position in said(sentence) if position == triplet.position}
    assert len(stated) >= 0.8 * len(common_triplets())
