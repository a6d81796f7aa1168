"""The labeller against sentences written by hand: every label, exactly."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ctscribe.report.findings import CT_RATE_LABELS
from ctscribe.report.labels import Polarity, label_report

WORDS = (
    "material arterial heart pericardial coronary hernia nodes emphysema atelectasis nodule opacity sequela pleural "
    "mosaic peribronchial consolidation bronchiectasis septal"
)
LABELS: dict[str, str] = dict(zip(WORDS.split(), CT_RATE_LABELS, strict=True))
SIGNS = {"+": Polarity.present, "-": Polarity.absent, "?": Polarity.uncertain}
NAMES = ("sentences", "sentences_unseen", "sentences_second_unseen")


def table(name: str) -> list[tuple[str, str, str]]:
    """Group, text and expectation of every row of a file."""
    groups = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    return [(group, text, expected) for group, rows in groups.items() for text, expected in rows]


def said_of(text: str) -> dict[str, Polarity]:
    return {label: said for label, said in label_report(text).polarities.items() if said is not Polarity.not_mentioned}


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_says_what_a_radiologist_reads(name: str) -> None:
    """A label that a row does not list must not be mentioned."""
    missed: list[str] = []
    for group, text, expected in table(name):
        want = {LABELS[word[1:]]: SIGNS[word[0]] for word in expected.split()}
        if (got := said_of(text)) != want:
            missed.append(f"{group}: {text!r}: expected {want}, got {got}")
    assert not missed, "\n".join(missed)


def test_the_tables_hold_every_label_in_every_manner() -> None:
    rows = table("sentences")
    assert len({text for _, text, _ in rows}) == len(rows) >= 300
    assert {word for _, _, expected in rows for word in expected.split()} >= {
        sign + word for sign in SIGNS for word in LABELS
    }
    for manner in ("enumerated", "coordinated clauses", "historical and comparison"):
        told = {word[1:] for group, _, expected in rows if group == manner for word in expected.split()}
        assert told == set(LABELS), manner


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_stands_where_the_mention_says(name: str) -> None:
    for _, text, _ in table(name):
        for mention in label_report(text).mentions:
            if mention.polarity is Polarity.not_mentioned:
                assert (mention.words, mention.start, mention.end) == ("", None, None)
            else:
                assert mention.words and text[mention.start : mention.end] == mention.words
                assert mention.words in mention.sentence


def test_layout_and_case_change_nothing() -> None:
    for _, text, _ in table("sentences"):
        if "LAD" not in text and ":" not in text:
            assert said_of(f"Findings:\n  {text}\n") == said_of(text), text
        if text.upper() != text and not any(word.isupper() and len(word) > 1 for word in text.split()):
            assert said_of(text.replace(". ", ".  ")) == said_of(text), text
