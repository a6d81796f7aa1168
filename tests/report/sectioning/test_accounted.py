"""Nothing of a report is lost or doubled, whatever sentences come together in it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.consistency.quantities import quantities
from ctscribe.report.sectioning import StructuredText, split_sentences, structure_text
from ctscribe.report.sectioning.anatomy import mentions
from ctscribe.report.sectioning.cleansing import expand

TABLE = yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text(encoding="utf-8"))
POOL = [case["in"] for kind in ("anatomy", "enumerations", "temporal") for case in TABLE[kind] if ":" not in case["in"]]


def reports(count: int) -> list[str]:
    rng = np.random.default_rng(3)
    return [" ".join(POOL[i] for i in rng.permutation(len(POOL))[: rng.integers(1, 12)]) for _ in range(count)]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+(?:\.\d+)?", text.lower())


OURS = set(words("there is are was no a an the measuring measures and or it s patient"))
"""What restating a sentence may add."""


def kept(structured: StructuredText) -> list[tuple[int, str]]:
    return [(one.source, one.text) for found in structured.sections.values() for one in found]


@pytest.mark.parametrize("text", reports(60))
def test_every_sentence_is_in_sections_or_dropped_and_never_both(text: str) -> None:
    structured = structure_text(text)
    sources = {source for source, _ in kept(structured)}
    dropped = [one.source for one in structured.dropped]
    assert list(structured.sections) == [region.key for region in CHEST6]
    assert not sources & set(dropped)
    assert len(dropped) == len(set(dropped))
    assert sources | set(dropped) == set(range(len(split_sentences(text))))


@pytest.mark.parametrize("text", reports(60))
def test_no_section_holds_a_source_sentence_twice(text: str) -> None:
    for found in structure_text(text).sections.values():
        assert len({one.source for one in found}) == len(found)


@pytest.mark.parametrize("text", reports(60))
def test_no_word_is_added_but_those_of_restating(text: str) -> None:
    structured, sentences = structure_text(text), split_sentences(text)
    for source, sentence in kept(structured):
        assert set(words(sentence)) <= set(words(expand(sentences[source].text))) | OURS


@pytest.mark.parametrize("text", reports(60))
def test_every_finding_and_place_of_a_split_sentence_is_kept_once(text: str) -> None:
    structured, sentences = structure_text(text), split_sentences(text)
    for source in {source for source, _ in kept(structured)}:
        pieces = [one for found in structured.sections.values() for one in found if one.source == source]
        if all(one.changes == ("split by section",) for one in pieces):
            original = expand(sentences[source].text)
            assert sorted(figures(original)) == sorted(f for one in pieces for f in figures(one.text))
            assert named(original) <= {word for one in pieces for word in named(one.text)}


def named(text: str) -> set[str]:
    """The words of every finding and structure."""
    return {word for one in mentions(text) for word in words(text[slice(*one.span)])}


def figures(text: str) -> list[float]:
    return [value for one in quantities(text) for value in one.values]


@pytest.mark.parametrize("text", reports(60))
def test_structuring_what_is_structured_changes_nothing(text: str) -> None:
    once = structure_text(text)
    for key, found in once.sections.items():
        for one in found:
            if not re.match(r"(?:It|They|The largest|This)\b", one.text):
                again = structure_text(one.text)
                assert again.texts == {key: one.text}


@pytest.mark.parametrize("text", ["", "   \n\n ", "...", "12.", ":", "- \n- ", "FINDINGS:", "\ufeff", "(", "No", "and"])
def test_texts_without_content_give_empty_sections(text: str) -> None:
    assert not structure_text(text).texts


def test_spans_point_into_the_input() -> None:
    text = "LUNGS: 1. An 8 mm nodule.\n2. No effusion.\nHEART: Normal. Reported by Dr. X. Y."
    structured = structure_text(text)
    spans = {one.span for found in structured.sections.values() for one in found} | {d.span for d in structured.dropped}
    assert [text[slice(*span)] for span in sorted(spans)] == [
        "An 8 mm nodule.",
        "No effusion.",
        "Normal.",
        "Reported by Dr. X. Y.",
    ]


@pytest.mark.parametrize("seed", range(40))
def test_words_in_any_order_are_accounted_for(seed: int) -> None:
    vocabulary = sorted({word for text in POOL for word in text.split()})
    rng = np.random.default_rng(seed)
    text = " ".join(vocabulary[i] for i in rng.integers(0, len(vocabulary), 40))
    structured = structure_text(text)
    sources, dropped = {source for source, _ in kept(structured)}, {one.source for one in structured.dropped}
    assert not sources & dropped
    assert sources | dropped == set(range(len(split_sentences(text))))
