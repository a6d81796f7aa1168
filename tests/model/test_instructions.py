"""Instructions and questions: enough of them, each its own, and drawn as the seed says."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from ctscribe.model.instructions import (
    AnswerForm,
    InstructionKind,
    QuestionTopic,
    draw_instruction,
    draw_question,
    fixed_instruction,
    questions,
    report_instructions,
)

KNOWN = {"finding": "lung nodule", "region": "mediastinum", "structure": "left lower lobe", "side": "left"}


def test_there_are_enough_and_no_two_are_the_same() -> None:
    assert len(set(map(str.lower, report_instructions()))) == len(report_instructions()) >= 42
    texts = [question.text.lower() for question in questions()]
    assert len(set(texts)) == len(texts) >= 44


def test_every_one_is_a_sentence() -> None:
    for text in [*report_instructions(), *(question.text for question in questions())]:
        assert text == text.strip()
        assert text[0].isupper()
        assert text[-1] in ".?"


def test_only_questions_have_places_and_only_the_declared() -> None:
    assert not any("{" in text or "}" in text for text in report_instructions())
    for question in questions():
        assert question.places <= KNOWN.keys()
        assert "{" not in question.text.format_map(KNOWN)
    assert frozenset().union(*(question.places for question in questions())) == KNOWN.keys()


@pytest.mark.parametrize("topic", get_args(QuestionTopic))
@pytest.mark.parametrize("answer", get_args(AnswerForm))
def test_every_topic_is_asked_both_ways(topic: QuestionTopic, answer: AnswerForm) -> None:
    assert any((question.topic, question.answer) == (topic, answer) for question in questions())


def test_a_closed_question_can_be_answered_yes_or_no() -> None:
    for question in questions():
        opens = question.text.split(" ")[0]
        closed = opens in {"Is", "Are", "Does", "Do", "Can"}
        assert closed == (question.answer == "closed"), question.text


@pytest.mark.parametrize("kind", get_args(InstructionKind))
def test_the_default_is_one_that_may_be_drawn(kind: InstructionKind) -> None:
    drawn = {draw_instruction(kind, np.random.default_rng(seed)) for seed in range(300)}
    assert fixed_instruction(kind) in drawn
    assert not any("{" in text for text in drawn)
    assert len(drawn) > 5


def test_every_report_instruction_can_be_drawn(rng: np.random.Generator) -> None:
    assert {draw_instruction("report", rng) for _ in range(1000)} == set(report_instructions())


@pytest.mark.parametrize("kind", get_args(InstructionKind))
def test_the_seed_decides(kind: InstructionKind) -> None:
    first, second = ([draw_instruction(kind, np.random.default_rng(7)) for _ in range(5)] for _ in range(2))
    assert first == second


def test_a_question_is_about_what_is_known(rng: np.random.Generator) -> None:
    known = {"finding": "emphysema", "side": "left"}
    for _ in range(50):
        text = draw_question("presence", "closed", known, rng)
        assert "emphysema" in text
        assert "left" in text
        assert "{" not in text


def test_nothing_can_be_asked_of_nothing(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="no closed question about presence"):
        draw_question("presence", "closed", {}, rng)
