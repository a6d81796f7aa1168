"""Structured mode: six headings whatever the language model does; the rules of a section's end."""

from __future__ import annotations

import pytest
import torch
from language_twins import prompts, tokenizer, twin

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.errors import BadInput
from ctscribe.model.generation import Decoding
from ctscribe.model.structured import generate_sections

HEADINGS = {region.key: f"{region.title}:" for region in CHEST6}
LENGTHS = (9, 4, 6)


def _reciting(ids):
    """A language model that wants to say these tokens one after the other whatever it reads."""
    model, wanted = twin("llama"), iter(ids)

    def recite(module, given, out):
        out.logits[:] = 0
        out.logits[..., next(wanted)] = 20
        return out

    model.register_forward_hook(recite)
    return model


def _told(text, decoding=None):
    """Sections and shown text of a language model that wants to say ``text`` after the first heading."""
    words = tokenizer()
    forced = len(words.encode(HEADINGS["lung"], add_special_tokens=False))
    ids = [words.pad_token_id] * forced + words.encode(text, add_special_tokens=False)
    model = _reciting([*ids, *[words.eos_token_id] * 100])
    shown: list[str] = []
    [sections] = generate_sections(
        model,
        *prompts((3,)),
        words,
        HEADINGS,
        decoding or Decoding(section_tokens=24),
        on_text=lambda _, piece: shown.append(piece),
    )
    return {key: section.text for key, section in sections.items()}, "".join(shown)


@pytest.mark.parametrize(("kind", "mode"), [("llama", "greedy"), ("phi3", "sample"), ("gpt2", "beam")])
def test_six_sections_from_a_random_model_batched_as_single(kind, mode):
    model, words = twin(kind), tokenizer()
    embeds, attention = prompts(LENGTHS)
    decoding = Decoding(mode=mode, section_tokens=3)
    shown = dict.fromkeys(range(len(LENGTHS)), "")

    def show(case, piece):
        shown[case] += piece

    together = generate_sections(model, embeds, attention, words, HEADINGS, decoding, on_text=show)
    for case, (row, length, sections) in enumerate(zip(embeds, LENGTHS, together, strict=True)):
        assert list(sections) == list(HEADINGS)
        assert all(len(section.confidences) == len(section.ids) <= 3 for section in sections.values())
        assert any(section.text for section in sections.values())
        places = [shown[case].index(heading) for heading in HEADINGS.values()]
        assert places == sorted(places)
        whole = torch.ones(1, length, dtype=torch.bool)
        [alone] = generate_sections(model, row[None, -length:], whole, words, HEADINGS, decoding)
        assert {key: section.ids for key, section in alone.items()} == {
            key: section.ids for key, section in sections.items()
        }


def test_cached_equals_uncached():
    model, words = twin("llama"), tokenizer()
    embeds, attention = prompts(LENGTHS)
    cached, uncached = (
        generate_sections(model, embeds, attention, words, HEADINGS, Decoding(section_tokens=4, use_cache=use_cache))
        for use_cache in (True, False)
    )
    assert [[section.ids for section in case.values()] for case in cached] == [
        [section.ids for section in case.values()] for case in uncached
    ]


def test_a_line_break_ends_a_section_and_the_end_token_the_others():
    sections, shown = _told(" Clear lungs.\n")
    assert list(sections.values()) == ["Clear lungs.", "", "", "", "", ""]
    assert shown == "Lung parenchyma: Clear lungs.\n" + "\n".join(list(HEADINGS.values())[1:]) + "\n"


def test_the_next_heading_written_by_the_model_itself_is_taken_as_the_heading():
    sections, shown = _told(" Clear. Large airway: Patent.")
    assert sections["lung"] == "Clear."
    assert sections["airway"] == "Patent."
    assert shown.count("Large airway:") == 1


def test_another_heading_ends_the_section_but_is_no_section():
    sections, shown = _told(" Clear. Abdominal organs:")
    assert sections["lung"] == "Clear."
    assert shown.startswith("Lung parenchyma: Clear. Abdominal organs:\nLarge airway:")
    assert list(sections.values())[1:] == [""] * 5


def test_a_section_ends_at_its_limit():
    sections, shown = _told(" a" * 100, Decoding(section_tokens=7))
    words = tokenizer()
    assert len(words.encode(" " + sections["lung"], add_special_tokens=False)) == 7
    assert all(f"\n{heading}" in shown for heading in list(HEADINGS.values())[1:])


def test_confidences_are_those_of_the_text_alone():
    model, words = twin("llama"), tokenizer()
    [sections] = generate_sections(model, *prompts((5,)), words, HEADINGS, Decoding(section_tokens=6))
    for section in sections.values():
        assert words.decode(section.ids).strip().startswith(section.text)
        assert all(0 < confidence <= 1 for confidence in section.confidences)
        assert not set(section.ids) & set(words.all_special_ids)


def test_sections_shrink_to_the_context_and_are_refused_when_nothing_is_left():
    model, words = twin("llama"), tokenizer()
    forced = sum(len(words.encode(heading, add_special_tokens=False)) for heading in HEADINGS.values())
    model.config.max_position_embeddings = 5 + forced + 6 * 3 + 1
    [sections] = generate_sections(model, *prompts((5,)), words, HEADINGS, Decoding(section_tokens=50))
    assert max(len(section.ids) for section in sections.values()) == 2
    model.config.max_position_embeddings = 5 + forced + 6
    with pytest.raises(BadInput) as refused:
        generate_sections(model, *prompts((5,)), words, HEADINGS, Decoding())
    assert refused.value.code == "prompt-too-long"
