"""Two ways to a report: ctscribe's, and the straightforward one.

Straightforward is attention without a fused kernel, all slices at once, and a language model that reads the whole row
again for every token, with logits at every position.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ctscribe.case import Case
from ctscribe.model.building import build_encoders
from ctscribe.model.config import Page
from ctscribe.model.decoding import Decoding, Limits, PromptRows
from ctscribe.model.encoders.slice_vit import SliceViT
from ctscribe.model.features import Tokens
from ctscribe.model.language import LanguageConfig, load_tokenizer
from ctscribe.model.processor import ReportProcessor
from ctscribe.model.report_model import ReportModel, ReportModelConfig
from ctscribe.model.rows import attended, padded
from ctscribe.model.views import build_views, finish_views
from ctscribe.model.writing import write

TOKENIZER = LanguageConfig(model="ctscribe/tiny-llama")
"""The packaged one, for every page: the words do not matter here, and others may not be on this machine."""

_Module = TypeVar("_Module", bound=nn.Module)


def precision(device: str) -> torch.dtype:
    """Of weights and activations."""
    return torch.bfloat16 if device == "cuda" else torch.float32


def prepared(module: _Module, device: str) -> _Module:
    """A new module in the device's precision, without dropout."""
    return (module.bfloat16() if device == "cuda" else module).eval()


class Bench:
    """A page's model with random weights, and a scan."""

    def __init__(self, page: Page, case: Case, device: str) -> None:
        self.precision = precision(device)
        with torch.device(device):
            self.model = prepared(ReportModel(ReportModelConfig(page=page.content())), device)
        processor = ReportProcessor(page, load_tokenizer(TOKENIZER))
        self.batch = processor.batch([processor(case)]).to(device)

    def see(self) -> dict[str, Tokens]:
        """The scan as streams."""
        views = finish_views(self.model.views, self.batch.samples)
        views = {name: view.to(self.precision) for name, view in views.items()}
        return self.model.project(self.model.encode(views), views)

    def see_straightforwardly(self) -> dict[str, Tokens]:
        """The same, without fused attention and chunks."""
        encoders = [encoder for encoder in self.model.encoders.values() if isinstance(encoder, SliceViT)]
        chunks = [encoder.chunk for encoder in encoders]
        for encoder in encoders:
            encoder.chunk = sys.maxsize
        with sdpa_kernel(SDPBackend.MATH):
            streams = self.see()
        for encoder, chunk in zip(encoders, chunks, strict=True):
            encoder.chunk = chunk
        return streams

    def prompt(self) -> PromptRows:
        """What the language model reads before it writes."""
        streams = self.see()
        embeds, attention = padded(self.model.splice(self.batch.prompts, streams), "left")
        return PromptRows(embeds, attention, self.model.memory(streams))

    def write(self, prompt: PromptRows, tokens: int) -> list[int]:
        """So many tokens; no token ends the report."""
        (written,) = write(self.model.language, prompt, Decoding(), Limits(tokens, end=-1, pad=0))
        return list(written.ids)

    def write_straightforwardly(self, prompt: PromptRows, tokens: int) -> list[int]:
        """The same tokens, everything read again for each."""
        language, embeds, written = self.model.language, prompt.embeds, []
        with self._plain_attention():
            for _ in range(tokens):
                logits = language(inputs_embeds=embeds, use_cache=False, **attended(prompt.memory)).logits
                written.append(logits[:, -1:].argmax(dim=-1))  # (1, 1)
                embeds = torch.cat([embeds, language.get_input_embeddings()(written[-1])], dim=1)
        return torch.cat(written, dim=1)[0].tolist()

    @contextmanager
    def _plain_attention(self) -> Iterator[None]:
        """The language model with softmax between two products of matrices."""
        self.model.language.set_attn_implementation("eager")
        try:
            yield
        finally:
            self.model.language.set_attn_implementation("sdpa")


def slice_encoder(page: Page, device: str) -> tuple[SliceViT, Tensor]:
    """A page's slice encoder and random slices."""
    views = build_views(page.views)
    with torch.device(device):
        encoder = prepared(build_encoders(page, views)["slice"], device)
        slices = torch.rand(1, *views["slices"].shape, dtype=precision(device))
    assert isinstance(encoder, SliceViT)
    return encoder, slices


def encode(encoder: SliceViT, slices: Tensor, chunk: int) -> None:
    """Slices, so many at a time."""
    encoder.chunk = chunk
    encoder(slices)
