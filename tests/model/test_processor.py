"""What a case becomes before a model sees it: samples, prompt, report; and what a case must bring."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from phantoms import chest_phantom

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.instructions import fixed_instruction
from ctscribe.model.language import load_tokenizer
from ctscribe.model.processor import Prompt, ReportProcessor, shuffled
from ctscribe.model.prompt import Slot
from ctscribe.systems.pages import load_page


@cache
def chest() -> Case:
    return Case(*chest_phantom((32, 36, 44), (9.0, 9.0, 9.0)))


@cache
def processor(name: str, *changes: str) -> ReportProcessor:
    page = load_page(name, changes)
    return ReportProcessor(page, load_tokenizer(page.language))


def with_labels(labels: np.ndarray) -> Case:
    drawn = chest().labelmap
    return replace(chest(), labelmap=LabelMap(labels, drawn.names, drawn.affine, source="drawn"))


def without(*structures: str) -> Case:
    """The chest with some structures taken out of its masks."""
    labels = chest().labelmap.labels.copy()
    labels[chest().labelmap.mask(*structures)] = 0
    return with_labels(labels)


def words(prompt: Prompt, reader: ReportProcessor) -> str:
    """A prompt as text, slots in angle brackets."""
    pieces = (
        f"<{piece.stream}{'' if piece.index is None else piece.index}>"
        if isinstance(piece, Slot)
        else str(reader.tokenizer.decode(piece))
        for piece in prompt
    )
    return "".join(pieces)


def test_an_example_has_every_sampled_view_and_the_prompt_of_its_page() -> None:
    reader = processor("hilt-tiny")
    example = reader(chest())
    assert {name: tuple(sample.shape[-3:]) for name, sample in example.samples.items()} == {"high": (32, 64, 64)}
    begin, *rest = example.prompt
    assert isinstance(begin, torch.Tensor) and begin.tolist() == [reader.tokenizer.bos_token_id]
    assert words(tuple(rest), reader) == f"<tokens>{fixed_instruction('report')}"
    assert example.reference is None
    assert words(reader(chest(), instruction="Is there a nodule?").prompt, reader).endswith("Is there a nodule?")


def test_a_stream_that_the_decoder_attends_to_is_not_in_the_prompt() -> None:
    reader = processor("clip-text-decoder-tiny")
    assert not [piece for piece in reader(chest()).prompt if isinstance(piece, Slot)]


def region_slots(prompt: Prompt) -> list[int | None]:
    return [piece.index for piece in prompt if isinstance(piece, Slot) and piece.stream == "organs"]


def test_regions_that_are_absent_leave_neither_slot_nor_words() -> None:
    reader = processor("medregion-tiny")
    titles = [region.title for region in CHEST6]
    # Of the six, the drawn chest shows these at the centres of the twin's coarse patches.
    for case, shown in ((chest(), [0, 3, 4, 5]), (without("liver", "spleen"), [0, 3, 5])):
        prompt = reader(case).prompt
        assert region_slots(prompt) == shown
        assert [k for k, title in enumerate(titles) if title in words(prompt, reader)] == shown
        assert all(f"{titles[k]}: <organs{k}>" in words(prompt, reader) for k in shown)


@pytest.mark.parametrize("name", ["medregion-tiny", "amosmm-tiny:mask"])
def test_missing_organ_masks_are_one_clear_line(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        processor(name)(with_labels(np.zeros_like(chest().labelmap.labels)))
    assert refused.value.message.startswith("view '")
    assert "the scan has no organ masks" in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.code == "no-organ-masks"


def test_a_system_without_masks_needs_none() -> None:
    assert processor("hilt-tiny")(with_labels(np.zeros_like(chest().labelmap.labels))).samples


def test_a_report_ends_with_the_end_token_even_when_it_is_cut() -> None:
    reader = processor("hilt-tiny")
    limit, end = reader.page.report_stage.max_length, reader.tokenizer.eos_token_id
    short = reader.encode_report("No nodule.")
    assert reader.tokenizer.decode(short[:-1]) == "No nodule."
    assert short[-1] == end
    long = reader.encode_report("No nodule. " * limit)
    assert len(long) == limit
    assert long[-1] == end
    assert end not in long[:-1]
    assert reader.encode_report("").tolist() == [end]


def test_a_batch_keeps_its_texts_and_stacks_its_samples() -> None:
    reader = processor("hilt-tiny")
    examples = [reader(chest(), reference=text) for text in ("One.", "Two, longer.")]
    batch = reader.batch(examples)
    assert batch.references is not None
    assert [len(text) for text in batch.references] == [len(reader.encode_report(t)) for t in ("One.", "Two, longer.")]
    assert torch.equal(batch.samples["high"][1], examples[1].samples["high"])
    assert reader.batch([reader(chest())]).references is None
    moved = batch.to("meta")
    assert moved.samples["high"].is_meta
    assert all(isinstance(piece, Slot) or piece.is_meta for prompt in moved.prompts for piece in prompt)
    assert moved.references is not None and all(text.is_meta for text in moved.references)
    assert reader.batch([reader(chest())]).to("meta").references is None


def test_shuffled_gives_every_prompt_the_scan_of_another() -> None:
    reader = processor("hilt-tiny")
    brighter = replace(chest(), volume=replace(chest().volume, hu=chest().volume.hu + np.int16(100)))
    batch = reader.batch([reader(case, reference=text) for case, text in ((chest(), "A."), (brighter, "B."))])
    mixed = shuffled(batch)
    assert mixed.prompts is batch.prompts
    assert mixed.references is batch.references
    for case in range(2):
        assert not torch.equal(mixed.samples["high"][case], batch.samples["high"][case])
        assert torch.equal(mixed.samples["high"][case], batch.samples["high"][1 - case])


def test_the_tokenizer_is_saved(tmp_path) -> None:
    reader = processor("hilt-tiny")
    reader.save_pretrained(tmp_path)
    again = load_tokenizer(reader.page.language, source=tmp_path)
    assert again("The heart is enlarged.")["input_ids"] == reader.tokenizer("The heart is enlarged.")["input_ids"]
