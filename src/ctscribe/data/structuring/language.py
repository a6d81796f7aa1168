"""The language-model engine: MedRegion-CT's three steps, each answer held against the source."""

from __future__ import annotations

import json
from typing import Any

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.structuring.answers import Answers
from ctscribe.data.structuring.endpoint import Asker, Endpoint, NoAnswer
from ctscribe.data.structuring.engine import Structured, Usage
from ctscribe.data.structuring.facts import changed_facts
from ctscribe.report.sectioning import (
    DroppedSentence,
    SourceSentence,
    StructuredSentence,
    StructuredText,
    split_sentences,
    structure_text,
)


class LanguageModelStructurer:
    """Structures by a language model; what it gains or loses is refused, and the rules take its place.

    Parameters
    ----------
    endpoint : the language model.
    answers : where its answers are kept.
    attempts : how often a report is tried; every attempt after the first is told what was wrong.
    """

    name = "lm"

    def __init__(self, endpoint: Endpoint, answers: Answers, *, attempts: int = 2) -> None:
        self._ask = Asker(endpoint, answers)
        self._attempts = attempts

    @property
    def fingerprint(self) -> str:
        """The model, its settings and the wording of the steps."""
        return json.dumps({**self._ask.identity, "attempts": self._attempts}, sort_keys=True)

    @property
    def usage(self) -> Usage:
        """Of all calls so far."""
        return self._ask.usage

    def __call__(self, text: str) -> Structured:
        """The report in sections."""
        sentences, by_rules = split_sentences(text), structure_text(text)
        notes: list[str] = []
        for _ in range(self._attempts if sentences else 0):
            try:
                answer = self._structured(text, sentences, complaint="; ".join(notes[-1:]))
                wrong = changed_facts(text, answer, by_rules)
            except NoAnswer as error:
                notes.append(str(error))
                continue
            if not wrong:
                return Structured(answer, self.name, tuple(f"answered again, {note}" for note in notes))
            notes.append(", ".join(wrong))
        return Structured(by_rules, "rules", tuple(f"answer refused, {note}" for note in notes))

    def _structured(self, text: str, sentences: tuple[SourceSentence, ...], complaint: str) -> StructuredText:
        rows = [
            {"number": one.index, "heading": one.heading.words if one.heading else "", "text": one.text}
            for one in sentences
        ]
        dropped: dict[int, str] = {}
        for step in ("cleanse", "refine"):
            rows = _rewritten(rows, self._ask(step, rows, complaint) if rows else [], dropped, step)
        filed = self._ask("merge", rows, complaint) if rows else []
        _check_numbers(rows, [row["number"] for row in filed], "merge", once=False)
        return _assembled(text, sentences, filed, dropped)


def _rewritten(
    rows: list[dict[str, Any]], answered: list[dict[str, Any]], dropped: dict[int, str], step: str
) -> list[dict[str, Any]]:
    """The rows that a step keeps, with its wording; what it drops is noted."""
    _check_numbers(rows, [row["number"] for row in answered], step, once=True)
    by_number = {row["number"]: row for row in answered}
    kept: list[dict[str, Any]] = []
    for row in rows:
        answer = by_number[row["number"]]
        if answer["dropped"]:
            dropped[row["number"]] = answer["dropped"]
        elif not answer["text"].strip():
            raise NoAnswer(f"{step} left sentence {row['number']} empty without a reason")
        else:
            kept.append({**row, "text": answer["text"].strip()})
    return kept


def _check_numbers(rows: list[dict[str, Any]], answered: list[int], step: str, *, once: bool) -> None:
    """Every sentence is answered, and none that was not asked about."""
    asked = [row["number"] for row in rows]
    if sorted(set(answered)) != asked or (once and len(answered) != len(asked)):
        raise NoAnswer(f"{step} did not answer every sentence once")


def _assembled(
    text: str, sentences: tuple[SourceSentence, ...], filed: list[dict[str, Any]], dropped: dict[int, str]
) -> StructuredText:
    sections: dict[str, list[StructuredSentence]] = {region.key: [] for region in CHEST6}
    for row in sorted(filed, key=lambda row: row["number"]):
        source = sentences[row["number"]]
        changes = () if row["text"] == source.text else ("reworded",)
        sections[row["section"]].append(StructuredSentence(row["text"], source.index, source.span, changes))
    left_out = tuple(
        DroppedSentence(text[slice(*sentences[number].span)], number, sentences[number].span, reason)
        for number, reason in sorted(dropped.items())
    )
    return StructuredText({key: tuple(found) for key, found in sections.items()}, left_out)
