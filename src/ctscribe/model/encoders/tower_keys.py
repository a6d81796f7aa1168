"""The names of published image towers' weights, in those of transformers' networks.

SigLIP and CLIP only stand under a prefix. A ViT comes in two other forms: transformers' files, with every projection
named at length, and timm's inside an open_clip checkpoint (BiomedCLIP), with query, key and value in one matrix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_PREFIXES = ("visual.trunk.", "vision_model.", "vit.", "")
_NAMES = (
    (r"^cls_token$", "embeddings.cls_token"),
    (r"^pos_embed$", "embeddings.position_embeddings"),
    (r"^patch_embed\.proj\.", "embeddings.patch_embeddings.projection."),
    (r"^norm\.", "layernorm."),
    (r"^(?:blocks|encoder\.layer)\.(\d+)\.", r"layers.\1."),
    (r"^(layers\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"^(layers\.\d+)\.norm2\.", r"\1.layernorm_after."),
    (r"^(layers\.\d+)\.attn\.", r"\1.attention."),
    (r"^(layers\.\d+)\.attention\.(?:proj|output\.dense)\.", r"\1.attention.o_proj."),
    (r"^(layers\.\d+)\.attention\.attention\.(q|k|v)\w+\.", r"\1.attention.\2_proj."),
    (r"^(layers\.\d+)\.intermediate\.dense\.", r"\1.mlp.fc1."),
    (r"^(layers\.\d+)\.output\.dense\.", r"\1.mlp.fc2."),
)


def to_tower(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The image tower's weights of a checkpoint under transformers' names."""
    prefix = next(prefix for prefix in _PREFIXES if any(name.startswith(prefix) for name in weights) or not prefix)
    renamed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name.startswith(prefix):
            renamed |= _renamed(name.removeprefix(prefix), tensor)
    return renamed


def _renamed(name: str, tensor: Tensor) -> dict[str, Tensor]:
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    if ".attention.qkv." not in name:
        return {name: tensor}
    return {name.replace("qkv", f"{part}_proj"): rows for part, rows in zip("qkv", tensor.chunk(3), strict=True)}
