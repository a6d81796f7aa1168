"""A language model writes: prefill of the prompt, then token after token, all cases of a batch in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, cast

import torch
from jaxtyping import Float, Int64
from peft import PeftModel
from torch import Tensor, nn
from transformers import LogitsProcessor, PreTrainedModel

from ctscribe.model.beam_search import beam_search
from ctscribe.model.decoding import Decoding, Limits, PromptRows
from ctscribe.model.rows import attended

OnToken: TypeAlias = Callable[[int, int], None]
"""Takes the number of a case in the batch and its next token."""


@dataclass(frozen=True)
class Written:
    """Tokens of one case, without the end token, and the probability that the language model itself gave to each."""

    ids: tuple[int, ...]
    probabilities: tuple[float, ...]


@torch.no_grad()
def write(
    model: PreTrainedModel | PeftModel,
    prompt: PromptRows,
    decoding: Decoding,
    limits: Limits,
    *,
    rules: tuple[LogitsProcessor, ...] = (),
    on_token: OnToken | None = None,
) -> list[Written]:
    """Write for every case of a batch.

    Parameters
    ----------
    rules : change the scores of the next token after what ``decoding`` does to them.
    on_token : called with every token as it is chosen; by beam search when all are.
    """
    prompt = prompt.to(cast(nn.Embedding, model.get_input_embeddings()).weight.dtype)
    with _evaluating(model):
        if decoding.mode == "beam":
            ids, probabilities = beam_search(model, prompt, decoding, limits, rules)
        else:
            ids, probabilities = _step_by_step(model, prompt, decoding, limits, rules, on_token)
    written = [_until(limits.end, *row) for row in zip(ids.tolist(), probabilities.tolist(), strict=True)]
    if decoding.mode == "beam" and on_token is not None:
        for case, token in ((case, token) for case, row in enumerate(written) for token in row.ids):
            on_token(case, token)
    return written


class _Reader:
    """The language model as it is read: what it has read so far and, with a cache, the keys and values of it."""

    def __init__(self, model: PreTrainedModel | PeftModel, prompt: PromptRows, use_cache: bool) -> None:
        self.model, self.use_cache = model, use_cache
        self.embedding = cast(nn.Module, model.get_input_embeddings())
        self.embeds = prompt.embeds
        self.attention = prompt.attention
        self.memory = attended(prompt.memory)
        self.cache = None

    def prefill(self) -> Float[Tensor, "batch vocabulary"]:
        """Read the prompt; logits of the first token."""
        return self._read(self.embeds)

    def step(self, tokens: Int64[Tensor, " batch"]) -> Float[Tensor, "batch vocabulary"]:
        """Read one more token of each case; logits of the next."""
        embeds = self.embedding(tokens[:, None])  # (batch, 1, width)
        self.attention = torch.cat([self.attention, self.attention.new_ones(len(tokens), 1)], dim=1)
        if self.use_cache:
            return self._read(embeds)
        self.embeds = torch.cat([self.embeds, embeds], dim=1)
        return self._read(self.embeds)

    def _read(self, embeds: Float[Tensor, "batch new width"]) -> Float[Tensor, "batch vocabulary"]:
        positions = (self.attention.cumsum(dim=1) - 1).clamp(min=0)  # padding does not count
        out = self.model(
            inputs_embeds=embeds,
            attention_mask=self.attention.long(),
            position_ids=positions[:, -embeds.shape[1] :],
            past_key_values=self.cache,
            use_cache=self.use_cache,
            logits_to_keep=1,
            **self.memory,
        )
        self.cache = out.past_key_values
        return out.logits[:, -1].float()


def _step_by_step(
    model: PreTrainedModel | PeftModel,
    prompt: PromptRows,
    decoding: Decoding,
    limits: Limits,
    rules: tuple[LogitsProcessor, ...],
    on_token: OnToken | None,
) -> tuple[Int64[Tensor, "batch written"], Float[Tensor, "batch written"]]:
    processors = decoding.processors(rules)
    dice = torch.Generator().manual_seed(decoding.seed)
    reader = _Reader(model, prompt, decoding.use_cache)
    logits = reader.prefill()
    ids = torch.empty(len(logits), 0, dtype=torch.int64, device=logits.device)
    probabilities = logits.new_empty(len(logits), 0)
    open_rows = logits.new_ones(len(logits), dtype=torch.bool)
    while True:
        scores = processors(ids, logits)  # pyright: ignore[reportArgumentType]
        chosen = _drawn(scores, dice) if decoding.mode == "sample" else scores.argmax(dim=-1)
        chosen = chosen.where(open_rows, limits.pad)
        ids = torch.cat([ids, chosen[:, None]], dim=1)
        probabilities = torch.cat([probabilities, logits.softmax(dim=-1).gather(1, chosen[:, None])], dim=1)
        open_rows = open_rows & (chosen != limits.end)
        if on_token is not None:
            for case in open_rows.nonzero().flatten().tolist():
                on_token(case, int(chosen[case]))
        if ids.shape[1] == limits.new_tokens or not open_rows.any():
            return ids, probabilities
        logits = reader.step(chosen)


def _drawn(scores: Float[Tensor, "batch vocabulary"], dice: torch.Generator) -> Int64[Tensor, " batch"]:
    """A random token of each case, by one random number for all: no case depends on what else is in the batch."""
    number = torch.rand((), generator=dice, dtype=torch.float64).to(scores.device)
    cumulative = scores.double().softmax(dim=-1).cumsum(dim=-1)
    return (cumulative <= number * cumulative[:, -1:]).sum(dim=-1).clamp(max=scores.shape[-1] - 1)


def _until(end: int, ids: list[int], probabilities: list[float]) -> Written:
    length = ids.index(end) if end in ids else len(ids)
    return Written(tuple(ids[:length]), tuple(probabilities[:length]))


@contextmanager
def _evaluating(model: PreTrainedModel | PeftModel) -> Iterator[None]:
    """Without dropout, whatever mode the model is in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
