"""The language model that a page names: its shape with random weights, its weights, its tokenizer, its loss."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Int64
from pydantic import BaseModel, ConfigDict, Field, model_validator
from safetensors import SafetensorError
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ctscribe.errors import BadInput, MissingExtra
from ctscribe.model.architectures import architecture
from ctscribe.model.language_files import find_tokenizer, find_weights, quiet


class LoraOptions(BaseModel):
    """Low-rank adapters. Defaults: AMOS-MM design space and HSENet; MedRegion-CT and HILT name their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    r: int = Field(default=16, ge=1, description="Rank")
    alpha: float = Field(default=32, gt=0, description="The adapters' output is scaled by alpha / r")
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] | Literal["all-linear"] | None = Field(
        default="all-linear",  # ours: the papers do not say
        description="Layers that get adapters; null: those that peft chooses for the architecture",
    )


class LanguageConfig(BaseModel):
    """A page's ``language``: which language model, and what of it is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="Public name or local folder")
    tuning: Literal["frozen", "lora", "dora", "full"] = "frozen"
    lora: LoraOptions = LoraOptions()
    quantization: Literal["none", "8bit", "4bit"] = "none"
    attends: str | None = Field(
        default=None, description="Stream that a cross-attending decoder sees; null: streams are tokens of the prompt"
    )
    trained: tuple[str, ...] = Field(
        default=(), description="Modules trained besides what tuning trains: embeddings, head, or a module's own name"
    )
    max_length: int = Field(default=2048, ge=1, description="Prompt and report together, in tokens")  # ours

    @model_validator(mode="after")
    def _trainable(self) -> LanguageConfig:
        if self.quantization != "none" and self.tuning == "full":
            raise ValueError("quantised weights cannot be trained: take tuning lora, dora or frozen")
        return self


def build_language(config: LanguageConfig) -> PreTrainedModel:
    """A page's language model with random weights, on the current default device.

    Raises
    ------
    BadInput : the architecture is unknown, or cannot attend to a stream as the page asks.
    """
    shape = _attending(architecture(config.model), config)
    model = AutoModelForCausalLM.from_config(shape, attn_implementation="sdpa", dtype=torch.float32)
    return _neutral(model)


def load_language(
    config: LanguageConfig,
    *,
    source: str | Path | None = None,
    download: bool = False,
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """A page's language model with its weights.

    Parameters
    ----------
    source : a folder that transformers wrote, or a ``.gguf`` file; by default ``find_weights`` says where they are.
    download : whether the hub may be asked for what is not on this machine.
    dtype : of the weights.

    Raises
    ------
    BadInput : there are no weights, or they belong to another network.
    MissingExtra : the page asks for 8- or 4-bit weights and bitsandbytes is not installed.
    """
    quantization = _quantization(config, dtype)
    place = find_weights(config.model, source, download=download)
    try:
        with quiet():
            shape = _attending(AutoConfig.from_pretrained(place, local_files_only=not download), config)
            model, loading = AutoModelForCausalLM.from_pretrained(  # pyright: ignore[reportGeneralTypeIssues]
                place,
                config=shape,
                dtype=dtype,
                attn_implementation="sdpa",
                use_safetensors=True,
                local_files_only=not download,
                quantization_config=quantization,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, SafetensorError) as error:
        raise _unusable(config.model, str(place), error) from error
    _check_loaded(place, loading)
    return _neutral(model)


def load_tokenizer(
    config: LanguageConfig, *, source: str | Path | None = None, download: bool = False
) -> PreTrainedTokenizerBase:
    """The tokenizer of a page's language model, from where its weights are; it always has a padding token.

    Raises
    ------
    BadInput : there is none, or it has no end token.
    """
    place = find_tokenizer(config.model, source, download=download)
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=not download)
    except (OSError, ValueError) as error:
        raise _unusable(config.model, str(place), error) from error
    if tokenizer.eos_token_id is None:
        raise BadInput(f"{place}: the tokenizer has no end token", code="no-end-token")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def report_loss(
    logits: Float[Tensor, "batch length vocabulary"], labels: Int64[Tensor, "batch length"]
) -> Float[Tensor, ""]:
    """Mean over the labelled tokens of −log p(token | everything before it).

    Parameters
    ----------
    logits : at each position the prediction of the next token.
    labels : the token at each position, −100 where it carries no loss; the first position never does.
    """
    predicted = logits[:, :-1].flatten(0, 1)  # (batch · (length − 1), vocabulary)
    precision = torch.promote_types(logits.dtype, torch.float32)
    return cross_entropy(predicted.to(precision), labels[:, 1:].flatten(), ignore_index=-100)


def _check_loaded(place: Path | str, loading: Mapping[str, Any]) -> None:
    """Refuse weights that left anything random, except cross-attention that a decoder was published without."""
    missing = {name for name in loading["missing_keys"] if "cross" not in name}
    wrong = sorted(missing | {name for name, *_ in loading["mismatched_keys"]})
    if wrong:
        raise BadInput(
            f"{place}: {len(wrong)} tensors are missing or of another shape, {wrong[0]} among them",
            hint="give the folder of the language model that the page names: language.model=DIR",
            code="incomplete-weights",
        )


def _neutral(model: PreTrainedModel) -> PreTrainedModel:
    """How to decode is the caller's choice, not the checkpoint's."""
    model.generation_config = GenerationConfig()
    return model


def _attending(shape: PretrainedConfig, config: LanguageConfig) -> PretrainedConfig:
    if config.attends is not None:
        if not hasattr(shape, "add_cross_attention"):
            raise BadInput(
                f"language.attends: {config.model} cannot attend to a stream, it has no cross-attention",
                hint="take a GPT-2 class model, or put the stream into the prompt and remove attends",
                code="no-cross-attention",
            )
        shape.add_cross_attention = True
    return shape


def _quantization(config: LanguageConfig, dtype: torch.dtype) -> BitsAndBytesConfig | None:
    if config.quantization == "none":
        return None
    if find_spec("bitsandbytes") is None:
        raise MissingExtra(
            f"language.quantization: {config.quantization} weights need bitsandbytes, which is not installed",
            hint="pip install bitsandbytes, or set quantization: none",
            code="bitsandbytes-missing",
        )
    options: dict[str, Any] = {"load_in_8bit": True}
    if config.quantization == "4bit":
        options = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    return BitsAndBytesConfig(**options)


def _unusable(model: str, place: str, error: Exception) -> BadInput:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    where = f"{model} at {place}" if place != model else model
    return BadInput(f"cannot load {where}: {reason}", hint=_HINT, code="unusable-weights")


_HINT = "give a folder with its config.json, safetensors and tokenizer.json: language.model=DIR"
