"""The names of a MONAI vision transformer's weights, as M3D-CLIP's and HSENet's checkpoints have them, in ours.

MONAI keeps query, key and value in one matrix, in that order; ours keeps the query apart. Its "perceptron" patch
embedding is a linear map of the voxels of a patch in (z, y, x, channel) order, as ours is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

_SIGN = "patch_embedding.patch_embeddings.1.weight"
_NAMES = (
    (r"^patch_embedding\.patch_embeddings\.1\.", "patches."),
    (r"^patch_embedding\.position_embeddings$", "position"),
    (r"^blocks\.(\d+)\.norm1\.", r"blocks.\1.attention_norm."),
    (r"^blocks\.(\d+)\.norm2\.", r"blocks.\1.mlp_norm."),
    (r"^blocks\.(\d+)\.attn\.out_proj\.", r"blocks.\1.attention.output."),
    (r"^blocks\.(\d+)\.mlp\.linear1\.", r"blocks.\1.mlp.0."),
    (r"^blocks\.(\d+)\.mlp\.linear2\.", r"blocks.\1.mlp.3."),
    # HSENet's second stage.
    (r"^slice_guided_attention\.Wq\.", "slice_score.attention.query."),
    (r"^slice_guided_attention\.output_linear\.", "slice_score.attention.output."),
    (r"^slice_guided_attention\.norm\.", "slice_score.norm."),
    (r"^patch_score_proj\.", "slice_score.score."),
)


def from_monai(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The vision tower's weights under our names, whatever module holds it; nothing when there is no such tower."""
    prefixes = [name.removesuffix(_SIGN) for name in weights if name.endswith(_SIGN)]
    if not prefixes:
        return {}
    prefix = min(prefixes, key=len)  # HSENet's second stage carries the first one inside
    tower = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    ours: dict[str, Tensor] = {}
    for name, tensor in tower.items():
        ours |= _renamed(name, tensor)
    return ours | _slice_keys_and_values(tower)


def _renamed(name: str, tensor: Tensor) -> dict[str, Tensor]:
    fused = re.match(r"^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$", name)
    if fused:
        width, attention = len(tensor) // 3, f"blocks.{fused[1]}.attention"
        return {
            f"{attention}.query.{fused[2]}": tensor[:width],
            f"{attention}.key_value.{fused[2]}": tensor[width:],
        }
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    return {name: tensor}


def _slice_keys_and_values(tower: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """HSENet's separate key and value projections as one."""
    theirs, ours = "slice_guided_attention", "slice_score.attention.key_value"
    return {
        f"{ours}.{kind}": torch.cat([tower[f"{theirs}.Wk.{kind}"], tower[f"{theirs}.Wv.{kind}"]])
        for kind in ("weight", "bias")
        if f"{theirs}.Wk.{kind}" in tower
    }
