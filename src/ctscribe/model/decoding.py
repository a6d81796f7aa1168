"""What decoding starts from, how the next token is chosen, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Bool, Float
from peft import PeftModel
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from ctscribe.errors import BadInput
from ctscribe.model.features import Tokens


class Decoding(BaseModel):
    """How text is chosen. Defaults: greedy, as RAD3D-Prefix and AMOS-MM decode; R2GenGPT searches with three beams."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["greedy", "beam", "sample"] = "greedy"
    max_new_tokens: int = Field(default=512, ge=1, description="Of a report, the end token among them")
    section_tokens: int = Field(default=160, ge=1, description="Structured mode: of each section")  # ours
    beams: int = Field(default=3, ge=2, description="Mode beam: hypotheses kept")
    temperature: float = Field(default=1.0, gt=0, description="Mode sample: logits are divided by it")
    top_p: float = Field(default=1.0, gt=0, le=1, description="Mode sample: the likeliest tokens up to this mass")
    repetition_penalty: float = Field(default=1.0, gt=0, description="Above 1: what was written becomes less likely")
    length_penalty: float = Field(default=1.0, description="Mode beam: the larger, the longer the report")
    no_repeat_ngram: int = Field(default=0, ge=0, description="No run of so many tokens comes twice; 0: no such rule")
    seed: int = Field(default=0, description="Mode sample: of the random numbers")
    use_cache: bool = Field(default=True, description="Keep keys and values; without, every step reads all again")

    @model_validator(mode="after")
    def _beams_need_the_cache(self) -> Decoding:
        if self.mode == "beam" and not self.use_cache:
            raise ValueError("beam search needs use_cache: true")
        return self

    def processors(self, rules: tuple[LogitsProcessor, ...] = ()) -> LogitsProcessorList:
        """What happens to the scores of the next token before it is chosen; ``rules`` come after the penalties."""
        chain = LogitsProcessorList()
        if self.repetition_penalty != 1:
            chain.append(RepetitionPenaltyLogitsProcessor(self.repetition_penalty))
        if self.no_repeat_ngram:
            chain.append(NoRepeatNGramLogitsProcessor(self.no_repeat_ngram))
        chain.extend(rules)
        if self.mode == "sample":
            chain.extend([TemperatureLogitsWarper(self.temperature), TopPLogitsWarper(self.top_p)])
        return chain


@dataclass(frozen=True, eq=False)
class PromptRows:
    """What is read before the first token: embeddings, padded on the left, and what a cross-attending decoder sees."""

    embeds: Float[Tensor, "batch length width"]
    attention: Bool[Tensor, "batch length"]
    memory: Tokens | None = None

    @classmethod
    def left_padded(
        cls,
        embeds: Float[Tensor, "batch length width"],
        attention: Bool[Tensor, "batch length"],
        memory: Tokens | None = None,
    ) -> PromptRows:
        """Move the padding of each row to its left, wherever it is; the rest keeps its order."""
        order = attention.int().argsort(dim=1, stable=True)  # padding first
        return cls(embeds.take_along_dim(order[..., None], dim=1), attention.take_along_dim(order, dim=1), memory)

    def to(self, dtype: torch.dtype) -> PromptRows:
        """In the floating-point type of the language model's weights."""
        memory = self.memory and replace(self.memory, values=self.memory.values.to(dtype))
        return replace(self, embeds=self.embeds.to(dtype), memory=memory)


@dataclass(frozen=True)
class Limits:
    """Writing stops at the token ``end``, or after so many; ``pad`` fills rows that ended before others."""

    new_tokens: int
    end: int
    pad: int

    @classmethod
    def of(cls, new_tokens: int, tokenizer: PreTrainedTokenizerBase) -> Limits:
        """With a tokenizer's end token.

        Raises
        ------
        BadInput : it has none.
        """
        end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
        if not isinstance(end, int):
            raise BadInput("the tokenizer has no end token", code="no-end-token")
        return cls(new_tokens, end, pad if isinstance(pad, int) else end)


def room(model: PreTrainedModel | PeftModel, prompt_length: int) -> int:
    """How many tokens the language model can read behind a prompt.

    Raises
    ------
    BadInput : none.
    """
    context = getattr(model.config, "max_position_embeddings", None) or 2**31
    if prompt_length >= context:
        raise BadInput(
            f"the prompt has {prompt_length} tokens, and the language model reads no more than {context}",
            hint="take fewer visual tokens, or a language model with a longer context",
            code="prompt-too-long",
        )
    return context - prompt_length
