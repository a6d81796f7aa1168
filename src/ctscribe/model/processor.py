"""From cases to what a report model takes: sampled views, tokenised prompts, reference reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import torch
from jaxtyping import Int64
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ctscribe.case import Case
from ctscribe.model.config import Page
from ctscribe.model.instructions import fixed_instruction
from ctscribe.model.prompt import PromptTemplate, Slot, lesion_lines, tokenise
from ctscribe.model.views import build_views, sample_views

Prompt: TypeAlias = tuple[Int64[Tensor, " _"] | Slot, ...]
"""Text as token ids, and the slots between."""


@dataclass(frozen=True, eq=False)
class Example:
    """One case as a model takes it.

    Parameters
    ----------
    samples : view name → what ``sample_views`` gives, without a batch axis.
    prompt : token ids and slots.
    reference : token ids of the report to learn, the end token among them.
    """

    samples: Mapping[str, Tensor]
    prompt: Prompt
    reference: Int64[Tensor, " _"] | None = None


@dataclass(frozen=True, eq=False)
class Batch:
    """Several examples; samples are stacked, texts keep their own lengths."""

    samples: Mapping[str, Tensor]
    prompts: tuple[Prompt, ...]
    references: tuple[Int64[Tensor, " _"], ...] | None = None

    def to(self, device: torch.device | str) -> Batch:
        """The batch on another device."""
        moved = tuple(
            tuple(piece if isinstance(piece, Slot) else piece.to(device) for piece in prompt) for prompt in self.prompts
        )
        references = self.references and tuple(reference.to(device) for reference in self.references)
        return Batch({name: sample.to(device) for name, sample in self.samples.items()}, moved, references)


class ReportProcessor:
    """Prepares cases for the model of a page.

    Parameters
    ----------
    page : the system.
    tokenizer : its language model's.
    """

    def __init__(self, page: Page, tokenizer: PreTrainedTokenizerBase) -> None:
        self.page, self.tokenizer = page, tokenizer
        self.views = build_views(page.views)
        self.template = PromptTemplate(page.prompt, [name for name in page.streams if name != page.language.attends])

    def __call__(self, case: Case, *, instruction: str | None = None, reference: str | None = None) -> Example:
        """Prepare one case.

        Parameters
        ----------
        instruction : what the model is asked; by default the fixed instruction for reports.
        reference : the report to learn.

        Raises
        ------
        BadInput : the case lacks what a view needs, such as organ masks.
        """
        samples = sample_views(self.views, case)
        prompt = self.prompt(
            samples, instruction or fixed_instruction(self.page.prompt.instructions), lesion_lines(case)
        )
        return Example(samples, prompt, None if reference is None else self.encode_report(reference))

    def prompt(self, samples: Mapping[str, Tensor], instruction: str, lesions: Sequence[str]) -> Prompt:
        """The tokenised prompt of one case; regions that its mask views do not show have no words and no slot."""
        present = {
            name: samples[stream.masks].flatten(1).amax(dim=1).gt(0).tolist()
            for name, stream in self.page.streams.items()
            if stream.masks is not None
        }
        pieces = self.template.render(instruction, present=present, lesions=lesions)
        return tokenise(pieces, self.tokenizer, begin=True)

    def encode_report(self, text: str) -> Int64[Tensor, " _"]:
        """A report as token ids, cut to the report stage's length, the end token last."""
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        kept = ids[: self.page.report_stage.max_length - 1]
        return torch.tensor([*kept, self.tokenizer.eos_token_id], dtype=torch.int64)

    def batch(self, examples: Sequence[Example]) -> Batch:
        """Stack examples."""
        samples = {name: torch.stack([example.samples[name] for example in examples]) for name in examples[0].samples}
        references = tuple(example.reference for example in examples if example.reference is not None)
        return Batch(samples, tuple(example.prompt for example in examples), references or None)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the tokenizer's files; the page is in the model's."""
        self.tokenizer.save_pretrained(str(folder))


def shuffled(batch: Batch) -> Batch:
    """Every case with the scan of the next: what a model writes from it shows whether the scan speaks or the prompt."""
    return replace(batch, samples={name: sample.roll(1, dims=0) for name, sample in batch.samples.items()})
