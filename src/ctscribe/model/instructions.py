"""What a reader may ask: instructions for a report and questions about a scan, kept as data beside this file.

HSENet (Fig. 8 and 9) draws both at random from lists while it trains; the sentences here are our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal

import numpy as np
import yaml

InstructionKind = Literal["report", "vqa"]
QuestionTopic = Literal["abnormality", "location", "presence", "size"]
AnswerForm = Literal["closed", "open"]


@dataclass(frozen=True)
class Question:
    """A question about a scan.

    Parameters
    ----------
    text : the question, with places for ``{finding}``, ``{region}``, ``{structure}`` or ``{side}``.
    topic : what it asks for, as RadGenome-ChestCT divides its questions.
    answer : ``closed`` is answered yes or no, ``open`` in words.
    """

    text: str
    topic: QuestionTopic
    answer: AnswerForm

    @property
    def places(self) -> frozenset[str]:
        """What must be known before it can be asked."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.text) if name is not None)


@cache
def report_instructions() -> tuple[str, ...]:
    """Every instruction for a report."""
    return tuple(_page("report")["instructions"])


@cache
def questions() -> tuple[Question, ...]:
    """Every question about a scan."""
    return tuple(
        Question(text, topic, answer)
        for topic, forms in _page("vqa")["questions"].items()
        for answer, texts in forms.items()
        for text in texts
    )


def fixed_instruction(kind: InstructionKind) -> str:
    """The instruction that is used where none is given."""
    return _page(kind)["default"]


def draw_instruction(kind: InstructionKind, rng: np.random.Generator) -> str:
    """An instruction at random, ready to be read: of the questions only those about the whole scan are drawn."""
    if kind == "report":
        return str(rng.choice(report_instructions()))
    return str(rng.choice([question.text for question in questions() if not question.places]))


def draw_question(topic: QuestionTopic, answer: AnswerForm, known: Mapping[str, str], rng: np.random.Generator) -> str:
    """A question at random that can be asked with what is known.

    Parameters
    ----------
    topic, answer : what it asks for and how it is answered.
    known : words for some of ``finding``, ``region``, ``structure`` and ``side``. A question uses as many of them as
        any does, so that it is about what is known and not about the whole scan.
    rng : the source of chance.

    Raises
    ------
    ValueError : nothing can be asked with so little.
    """
    possible = [q for q in questions() if q.topic == topic and q.answer == answer and q.places <= known.keys()]
    if not possible:
        raise ValueError(f"no {answer} question about {topic} can be asked of {sorted(known)}")
    most = max(len(question.places) for question in possible)
    fitting = [question.text for question in possible if len(question.places) == most]
    return str(rng.choice(fitting)).format_map(known)


@cache
def _page(kind: InstructionKind) -> Any:
    page = resources.files("ctscribe.model") / "instructions" / f"{kind}.yaml"
    return yaml.safe_load(page.read_text(encoding="utf-8"))
