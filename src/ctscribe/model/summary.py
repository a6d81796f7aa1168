"""What a system is in figures: tokens, parameters, floating-point operations, memory; nothing is loaded or computed.

Models are built on PyTorch's meta device, where tensors have shapes and no values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import PretrainedConfig

from ctscribe.case import Case
from ctscribe.model.config import Page
from ctscribe.model.features import Tokens
from ctscribe.model.projectors import Projector
from ctscribe.model.report_model import ReportModel, ReportModelConfig
from ctscribe.model.rows import attended
from ctscribe.model.views import View, finish_views, sample_views

PROMPT_TOKENS = 64
"""Text tokens of a prompt that the estimates assume."""

REPORT_TOKENS = 256
"""Report tokens that the estimates assume."""

BYTES = 2
"""Of a weight or an activation in bfloat16."""


@dataclass(frozen=True)
class StreamSummary:
    """A stream: what makes it and how many tokens of each kind it has."""

    sources: tuple[str, ...]
    projector: str
    tokens: Mapping[str, int]


@dataclass(frozen=True)
class StageSummary:
    """A stage: what it trains, and how many parameters that is."""

    name: str
    objective: str
    train: tuple[str, ...]
    trainable_parameters: int


@dataclass(frozen=True)
class Estimates:
    """What one report costs, for ``PROMPT_TOKENS`` of text and ``REPORT_TOKENS`` of report.

    Parameters
    ----------
    encode_flops : views to streams of one scan.
    prefill_flops : reading visual and prompt tokens once.
    decode_flops : writing one more token.
    weights_gb : all weights in bfloat16.
    cache_gb : keys and values of the language model at the end of the report, in bfloat16.
    training_gb : weights in bfloat16, and of every trained parameter a gradient, a float32 copy and Adam's two moments;
        activations come on top.
    """

    encode_flops: int
    prefill_flops: int
    decode_flops: int
    weights_gb: float
    cache_gb: float
    training_gb: float


@dataclass(frozen=True)
class Summary:
    """A system in figures.

    Parameters
    ----------
    visual_tokens : tokens of all streams together, for the page's own input size; where it depends on the patient, at
        most. ``fixed_tokens`` tells which of the two.
    trainable_parameters : of the last stage that teaches report writing.
    total_parameters : encoders, projectors and language model, each once.
    """

    name: str
    title: str
    paper: str
    about: str
    views: Mapping[str, tuple[int, ...]]
    encoders: Mapping[str, str]
    streams: Mapping[str, StreamSummary]
    language: str
    tuning: str
    visual_tokens: int
    fixed_tokens: bool
    trainable_parameters: int
    total_parameters: int
    stages: tuple[StageSummary, ...]
    estimates: Estimates


def summarise(page: Page) -> Summary:
    """A page in figures, built on the meta device.

    Raises
    ------
    BadInput : its parts do not fit together.
    """
    with torch.device("meta"):
        model = ReportModel(ReportModelConfig(page=page.content()))
    streams = {
        name: StreamSummary(config.sources, config.projector.type, _projector(model, name).token_counts())
        for name, config in page.streams.items()
    }
    stages = tuple(_stage(model, index) for index in range(len(page.stages)))
    model.begin_stage(page.report_stage)
    trainable, total = count_parameters(model, trained=True), count_parameters(model)
    visual = sum(sum(stream.tokens.values()) for stream in streams.values())
    model.requires_grad_(False)  # the counter's hooks want no gradients
    return Summary(
        name=page.name,
        title=page.title,
        paper=page.paper,
        about=page.about,
        views={name: view.shape for name, view in model.views.items()},
        encoders={name: encoder.type for name, encoder in page.encoders.items()},
        streams=streams,
        language=page.language.model,
        tuning=page.language.tuning,
        visual_tokens=visual,
        fixed_tokens=not any(_varies(_projector(model, name)) for name in streams),
        trainable_parameters=trainable,
        total_parameters=total,
        stages=stages,
        estimates=_estimates(model, visual, trainable, total),
    )


def tokens_of_case(page: Page, case: Case) -> dict[str, dict[str, int]]:
    """Stream → kind of token → how many this scan has."""
    with torch.device("meta"):
        model = ReportModel(ReportModelConfig(page=page.content()))
    # Masks lie on the grids of the views that they follow, so all are sampled and only masks finished.
    samples = {name: sample[None] for name, sample in sample_views(model.views, case).items()}
    masks = finish_views(_mask_views(page, model.views), samples)
    return {
        name: _projector(model, name).token_counts(None if config.masks is None else masks[config.masks])
        for name, config in page.streams.items()
    }


def count_parameters(model: nn.Module, *, trained: bool = False) -> int:
    """Parameters, tied ones once; only those that are being trained when asked."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad or not trained)


def _projector(model: ReportModel, name: str) -> Projector:
    projector = model.streams[name]
    assert isinstance(projector, Projector)
    return projector


def _stage(model: ReportModel, index: int) -> StageSummary:
    stage = model.page.stages[index]
    model.begin_stage(stage)
    return StageSummary(stage.name, stage.objective, stage.train, count_parameters(model, trained=True))


def _varies(projector: Projector) -> bool:
    """Whether the number of tokens depends on the patient: it is smaller when nothing is in the masks."""
    if projector.masks is None:
        return False
    empty = torch.zeros(1, projector.masks.regions, *projector.masks.grid)
    return projector.token_counts(empty) != projector.token_counts()


def _mask_views(page: Page, views: Mapping[str, View]) -> dict[str, View]:
    return {name: views[name] for name in views if name in {stream.masks for stream in page.streams.values()}}


def _estimates(model: ReportModel, visual: int, trainable: int, total: int) -> Estimates:
    views = {name: torch.empty(1, *view.shape, device="meta") for name, view in model.views.items()}
    with torch.no_grad(), FlopCounterMode(display=False) as encoding:
        streams = model.project(model.encode(views), views)
    # Tokens that a decoder attends to beside its row are not part of the row.
    row = PROMPT_TOKENS + (0 if model.page.language.attends else visual)
    return Estimates(
        encode_flops=encoding.get_total_flops(),
        prefill_flops=_language_flops(model, row, streams),
        decode_flops=_decode_flops(model, row, streams),
        weights_gb=total * BYTES / 1e9,
        cache_gb=_cache_bytes(model.language.config, row + REPORT_TOKENS) / 1e9,
        training_gb=(total * BYTES + trainable * (BYTES + 4 + 8)) / 1e9,
    )


def _language_flops(model: ReportModel, length: int, streams: Mapping[str, Tokens]) -> int:
    embeds = torch.empty(1, length, model.language_width, device="meta")
    # A mask of four axes is taken as it is; any other is looked into, and meta tensors have no values.
    mask = torch.empty(1, 1, length, length, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.language(
            inputs_embeds=embeds, attention_mask=mask, use_cache=False, **attended(model.memory(streams), masked=False)
        )
    return counter.get_total_flops()


def _decode_flops(model: ReportModel, length: int, streams: Mapping[str, Tokens]) -> int:
    """With cached keys and values a new token costs what it adds to the reading of a longer row."""
    return _language_flops(model, length + 1, streams) - _language_flops(model, length, streams)


def _cache_bytes(config: PretrainedConfig, length: int) -> int:
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return 2 * text.num_hidden_layers * heads * head * length * BYTES
