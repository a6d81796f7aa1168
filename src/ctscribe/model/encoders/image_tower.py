"""The image towers of SigLIP, CLIP and ViT: built by name, watched at chosen layers, filled with public weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

from torch import Tensor, nn
from transformers import CLIPVisionModel, PreTrainedModel, SiglipVisionModel, ViTModel

from ctscribe.errors import BadInput
from ctscribe.model.architectures import architecture
from ctscribe.model.encoders.public_weights import put_weights, read_weights
from ctscribe.model.encoders.tower_keys import to_tower

Pooled = Literal["cls", "mean", "head"]

_POOLED = {"siglip_vision_model": ("mean", "head"), "clip_vision_model": ("mean", "cls"), "vit": ("mean", "cls")}


def build_tower(name: str, pooled: Pooled) -> PreTrainedModel:
    """An image tower with random weights, without the parts that ``pooled`` does not use.

    Raises
    ------
    BadInput : not one of the three kinds, or it cannot pool so.
    """
    config: Any = architecture(name)
    config = getattr(config, "vision_config", config)  # the folder of a whole SigLIP or CLIP
    kinds = _POOLED.get(config.model_type)
    if kinds is None:
        raise BadInput(f"{name}: a {config.model_type} is no SigLIP, CLIP or ViT image tower", code="not-a-tower")
    if pooled not in kinds:
        raise BadInput(f"{name} cannot pool by {pooled!r}", hint=f"pooled: {' or '.join(kinds)}", code="wrong-value")
    if config.model_type == "siglip_vision_model":
        config.vision_use_head = pooled == "head"
        return SiglipVisionModel(config)
    if config.model_type == "vit":
        return ViTModel(config, add_pooling_layer=False)
    tower = CLIPVisionModel(config)
    if pooled != "cls":
        tower.register_module("post_layernorm", nn.Identity())  # it normalises the class token only
    return tower


@contextmanager
def hidden_layers(tower: PreTrainedModel, numbers: Sequence[int]) -> Iterator[dict[int, Tensor]]:
    """Collects the outputs of some layers, counted from 1, while the tower runs; the others are not kept."""
    layers = "layers" if isinstance(tower, ViTModel) else "encoder.layers"
    hidden: dict[int, Tensor] = {}
    with ExitStack() as hooks:
        for number in numbers:

            def keep(_layer: nn.Module, _given: object, output: Tensor, number: int = number) -> None:
                hidden[number] = output

            layer = tower.get_submodule(f"{layers}.{number - 1}")
            hooks.callback(layer.register_forward_hook(keep).remove)
        yield hidden


def load_tower(tower: PreTrainedModel, source: str | Path, *, download: bool = False) -> None:
    """Fill a tower from safetensors in transformers' or open_clip's form: a folder, a file or a public name.

    Raises
    ------
    BadInput : no safetensors, or another architecture.
    """
    put_weights(tower, to_tower(read_weights(source, download=download)), source)
