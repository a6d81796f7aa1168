"""Beam search, by transformers."""

from __future__ import annotations

from typing import Any, cast

import torch
from jaxtyping import Float, Int64
from peft import PeftModel
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, PreTrainedModel

from ctscribe.model.decoding import Decoding, Limits, PromptRows
from ctscribe.model.rows import attended


def beam_search(
    model: PreTrainedModel | PeftModel,
    prompt: PromptRows,
    decoding: Decoding,
    limits: Limits,
    rules: tuple[LogitsProcessor, ...] = (),
) -> tuple[Int64[Tensor, "batch written"], Float[Tensor, "batch written"]]:
    """The best hypothesis of each case and the language model's own probability of each of its tokens.

    The logits of every step are kept for that: written × batch × beams × vocabulary floats.
    """
    how = GenerationConfig(
        num_beams=decoding.beams,
        max_new_tokens=limits.new_tokens,
        eos_token_id=limits.end,
        pad_token_id=limits.pad,
        length_penalty=decoding.length_penalty,
        return_dict_in_generate=True,
        output_logits=True,
    )
    out = cast(Any, model).generate(
        inputs_embeds=prompt.embeds,
        attention_mask=prompt.attention.long(),
        generation_config=how,
        logits_processor=decoding.processors(rules),
        **attended(prompt.memory),
    )
    ids, beams = out.sequences, out.beam_indices.clamp(min=0)  # both (batch, written); a beam is −1 behind the end
    chances = [
        out.logits[step][beams[:, step]].softmax(dim=-1).gather(1, ids[:, step, None]) for step in range(ids.shape[1])
    ]
    return ids, torch.cat(chances, dim=1)
