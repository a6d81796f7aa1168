"""Structured reports: the headings are given, only what stands under them is generated.

Every case of a batch walks through its own headings: while a heading is due its tokens are the only ones allowed, and
whatever ends a section makes the next heading due: a line break, the end token, a heading that the language model
writes by itself, or the limit of a section. So all cases stay in step, keys and values are kept throughout, and nothing
that the language model does can lose a heading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from peft import PeftModel
from torch import Tensor
from transformers import LogitsProcessor, PreTrainedModel, PreTrainedTokenizerBase

from ctscribe.errors import BadInput
from ctscribe.model.decoding import Decoding, Limits, PromptRows, room
from ctscribe.model.features import Tokens
from ctscribe.model.generated import Generated, OnText, TextStreams, decoded, token_ends
from ctscribe.model.writing import Written, write


def generate_sections(
    model: PreTrainedModel | PeftModel,
    embeds: Float[Tensor, "batch length width"],
    attention: Bool[Tensor, "batch length"],
    tokenizer: PreTrainedTokenizerBase,
    headings: Mapping[str, str],
    decoding: Decoding,
    *,
    memory: Tokens | None = None,
    on_text: OnText | None = None,
) -> list[dict[str, Generated]]:
    """Write one report a case, section by section.

    Parameters
    ----------
    headings : region key → heading as it is read, such as ``Lung parenchyma:``; their order is the report's.
    decoding : ``section_tokens`` limits each section, ``max_new_tokens`` says nothing here.
    embeds, attention, memory, on_text : as for ``generate``; the text that is shown has the headings in it.

    Returns
    -------
    list[dict[str, Generated]] : for every case all regions in order, each without its heading; text may be empty.

    Raises
    ------
    BadInput : the headings do not fit the language model's context, or the tokenizer has no line break.
    """
    prompt = PromptRows.left_padded(embeds, attention, memory)
    outline = Outline.of(tuple(headings.values()), tokenizer, decoding.section_tokens, room(model, embeds.shape[1]))
    limits = Limits.of(outline.longest, tokenizer)
    rule = HeadingRule(outline, limits.end, tokenizer)
    with TextStreams(len(embeds), tokenizer, on_text) as streams:
        written = write(model, prompt, decoding, limits, rules=(rule,), on_token=streams.put)
    return [dict(zip(headings, rule.sections(case), strict=True)) for case in written]


@dataclass(frozen=True)
class Outline:
    """Headings as tokens.

    Parameters
    ----------
    headings : as text.
    tokens : of each heading.
    line_break : the token between sections.
    section_tokens : what a section may hold.
    """

    headings: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...]
    line_break: int
    section_tokens: int

    @classmethod
    def of(
        cls, headings: tuple[str, ...], tokenizer: PreTrainedTokenizerBase, section_tokens: int, room: int
    ) -> Outline:
        """Sections are cut to what fits into ``room`` tokens."""
        tokens = tuple(tuple(tokenizer.encode(heading, add_special_tokens=False)) for heading in headings)
        line_break = tokenizer.encode("\n", add_special_tokens=False)[-1:]
        if "\n" not in decoded(line_break, tokenizer):
            raise BadInput("the tokenizer has no line break, which sections need", code="no-line-break")
        fitting = (room - sum(map(len, tokens)) - 1) // len(headings) - 1
        if fitting < 1:
            raise BadInput(
                f"the language model's context leaves {room} tokens, too few for {len(headings)} sections",
                hint="take fewer visual tokens, or a language model with a longer context",
                code="prompt-too-long",
            )
        return cls(headings, tokens, line_break[0], min(section_tokens, fitting))

    @property
    def longest(self) -> int:
        """Tokens of a report whose every section is as long as it may be."""
        return sum(map(len, self.tokens)) + len(self.tokens) * (self.section_tokens + 1) + 1


@dataclass(frozen=True)
class Place:
    """How far a case has come: its section, the tokens that must come next, and those that it wrote in the section."""

    section: int
    due: tuple[int, ...]
    written: tuple[int, ...] = ()


class HeadingRule(LogitsProcessor):
    """Allows only tokens that keep the outline: see the top of this file."""

    def __init__(self, outline: Outline, end: int, tokenizer: PreTrainedTokenizerBase) -> None:
        self.outline, self.end, self.tokenizer = outline, end, tokenizer
        self.special = torch.tensor(tokenizer.all_special_ids)
        self.places: dict[tuple[int, ...], Place] = {(): Place(0, outline.tokens[0])}

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, input_ids: Int64[Tensor, "rows written"], scores: Float[Tensor, "rows vocabulary"]
    ) -> Float[Tensor, "rows vocabulary"]:
        """Scores of the next token: the end token's chance goes to the line break; due tokens are certain."""
        impossible, outline = -torch.inf, self.outline
        allowed = scores.clone()
        allowed[:, outline.line_break] = scores[:, [outline.line_break, self.end]].logsumexp(dim=-1)
        allowed[:, self.special.to(scores.device)] = impossible
        for row, ids in enumerate(input_ids.tolist()):
            due = self.place(tuple(ids)).due
            if due:
                allowed[row] = impossible
                allowed[row, due[0]] = 0
        return allowed

    def place(self, ids: tuple[int, ...]) -> Place:
        """Where a case is after some tokens."""
        if ids not in self.places:
            self.places[ids] = self._after(self.place(ids[:-1]), ids[-1])
        return self.places[ids]

    def sections(self, case: Written) -> list[Generated]:
        """What a case wrote under each heading."""
        found: list[tuple[list[int], list[float]]] = [([], []) for _ in self.outline.headings]
        for step, (token, probability) in enumerate(zip(case.ids, case.probabilities, strict=True)):
            place = self.place(case.ids[:step])
            if not place.due:
                found[place.section][0].append(token)
                found[place.section][1].append(probability)
        return [self._trimmed(ids, probabilities) for ids, probabilities in found]

    def _after(self, place: Place, token: int) -> Place:
        if place.due:
            return replace(place, due=place.due[1:])
        written = (*place.written, token)
        text = decoded(written, self.tokenizer)
        heading = self._heading_at_end(text)
        if heading is None and "\n" not in text and len(written) < self.outline.section_tokens:
            return replace(place, written=written)
        following = place.section + 1
        if following == len(self.outline.headings):
            return Place(place.section, (self.end,))
        if heading == self.outline.headings[following]:
            return Place(following, ())
        line_break = () if text.endswith("\n") else (self.outline.line_break,)
        return Place(following, (*line_break, *self.outline.tokens[following]))

    def _heading_at_end(self, text: str) -> str | None:
        return next((heading for heading in self.outline.headings if text.endswith(heading)), None)

    def _trimmed(self, ids: Sequence[int], probabilities: Sequence[float]) -> Generated:
        """A section without the line break or the heading that ended it."""
        text = decoded(ids, self.tokenizer)
        kept = len(text.removesuffix(self._heading_at_end(text) or "").partition("\n")[0].rstrip())
        starts = [0, *token_ends(ids, self.tokenizer)][: len(ids)]
        length = sum(start < kept for start in starts)
        section = Generated.of(ids[:length], probabilities[:length], self.tokenizer)
        return replace(section, text=text[:kept].strip())
