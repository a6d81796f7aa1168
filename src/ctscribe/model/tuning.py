"""What of a language model is trained: nothing, low-rank adapters, or all of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, cast

from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from ctscribe.errors import BadInput
from ctscribe.model.language import LanguageConfig
from ctscribe.registry import nearest_hint


def apply_tuning(model: PreTrainedModel, config: LanguageConfig) -> PreTrainedModel | PeftModel:
    """Prepare a language model for its tuning: set ``requires_grad`` everywhere, add adapters where asked.

    Parameters
    ----------
    model : the language model; changed in place.
    config : ``tuning`` frozen, lora, dora or full, and ``trained``: modules that are trained besides. A module named so
        is trained as it stands, so tied embeddings and head are trained together.

    Returns
    -------
    PreTrainedModel | PeftModel : the model itself, or wrapped with its adapters (LoRA; DoRA: LoRA with learned
        magnitudes). Adapters go into every linear layer except the head unless ``config.lora.targets`` says otherwise.

    Raises
    ------
    BadInput : ``trained`` or the targets name a module that the model does not have.
    """
    model.requires_grad_(config.tuning == "full")
    extra = [parameter for name in config.trained for parameter in _named(model, name).parameters()]
    tuned = _with_adapters(model, config) if config.tuning in ("lora", "dora") else model
    for parameter in extra:
        parameter.requires_grad_(True)
    return tuned


def trainable_names(model: nn.Module) -> tuple[str, ...]:
    """Names of the parameters that are trained, in the model's order."""
    return tuple(name for name, parameter in model.named_parameters() if parameter.requires_grad)


def _with_adapters(model: PreTrainedModel, config: LanguageConfig) -> PeftModel:
    lora = config.lora
    options: dict[str, Any] = {
        "r": lora.r,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "target_modules": list(lora.targets) if isinstance(lora.targets, tuple) else lora.targets,
        "use_dora": config.tuning == "dora",
        # GPT-2 keeps its linear layers transposed.
        "fan_in_fan_out": any(isinstance(layer, Conv1D) for layer in model.modules()),
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft reads a property that transformers has renamed
            return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))
    except ValueError as error:
        raise BadInput(
            f"language.lora.targets: {config.model} cannot have adapters there",
            hint=str(error).splitlines()[0],
            code="unknown-adapter-target",
        ) from error


def _named(model: PreTrainedModel, name: str) -> nn.Module:
    if name == "embeddings":
        return model.get_input_embeddings()
    if name == "head":
        return cast(nn.Module, model.get_output_embeddings())
    found = next(_modules_called(model, name), None)
    if found is None:
        known = {path.rpartition(".")[2] for path, _ in model.named_modules()} - {""} | {"embeddings", "head"}
        raise BadInput(
            f"language.trained: the language model has no module {name!r}",
            hint=nearest_hint(name, known),
            code="unknown-module",
        )
    return found


def _modules_called(model: PreTrainedModel, name: str) -> Iterator[nn.Module]:
    """Modules whose path is the name, or ends with it."""
    return (module for path, module in model.named_modules() if f".{path}".endswith(f".{name}"))
