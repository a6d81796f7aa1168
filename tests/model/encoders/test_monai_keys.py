"""A MONAI vision transformer, written here as its checkpoints imply it, against ours with the renamed weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from einops import rearrange
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, softmax

from ctscribe.model.encoders.monai_keys import from_monai
from ctscribe.model.encoders.vit2e3 import ViT2E3
from ctscribe.model.encoders.vit3d import ViT3d
from ctscribe.model.features import Features, FeatureSpec

SHAPE = (1, 4, 6, 9)
OPTIONS = {"patch": (2, 3, 3), "width": 8, "depth": 2, "heads": 2}


def monai_weights() -> dict[str, Tensor]:
    shapes = {"patch_embedding.patch_embeddings.1.weight": (8, 18), "patch_embedding.patch_embeddings.1.bias": (8,)}
    shapes |= {"patch_embedding.position_embeddings": (1, 12, 8), "cls_token": (1, 1, 8), "norm.weight": (8,)}
    shapes |= {"norm.bias": (8,)}
    for block in ("blocks.0", "blocks.1"):
        shapes |= {f"{block}.{norm}.{part}": (8,) for norm in ("norm1", "norm2") for part in ("weight", "bias")}
        shapes |= {f"{block}.attn.qkv.weight": (24, 8), f"{block}.attn.out_proj.weight": (8, 8)}
        shapes |= {f"{block}.attn.out_proj.bias": (8,), f"{block}.mlp.linear1.weight": (32, 8)}
        shapes |= {f"{block}.mlp.linear1.bias": (32,), f"{block}.mlp.linear2.weight": (8, 32)}
        shapes |= {f"{block}.mlp.linear2.bias": (8,)}
    return {name: torch.randn(*shape, dtype=torch.float64) * 0.5 for name, shape in shapes.items()}


def slice_weights() -> dict[str, Tensor]:
    layers = ("slice_guided_attention.Wq", "slice_guided_attention.Wk", "slice_guided_attention.Wv")
    layers += ("slice_guided_attention.output_linear",)
    own = {f"{name}.weight": torch.randn(8, 8, dtype=torch.float64) for name in layers}
    own |= {f"{name}.bias": torch.randn(8, dtype=torch.float64) for name in (*layers, "slice_guided_attention.norm")}
    own["slice_guided_attention.norm.weight"] = torch.randn(8, dtype=torch.float64)
    own |= {"patch_score_proj.weight": torch.randn(1, 8).double(), "patch_score_proj.bias": torch.randn(1).double()}
    return own


def norm(x: Tensor, own: dict[str, Tensor], name: str) -> Tensor:
    return layer_norm(x, (8,), own[f"{name}.weight"], own[f"{name}.bias"])


def dense(x: Tensor, own: dict[str, Tensor], name: str) -> Tensor:
    return linear(x, own[f"{name}.weight"], own.get(f"{name}.bias"))


def embedding(volume: Tensor, own: dict[str, Tensor]) -> Tensor:
    x = rearrange(volume, "b c (h p1) (w p2) (d p3) -> b (h w d) (p1 p2 p3 c)", p1=2, p2=3, p3=3)
    return dense(x, own, "patch_embedding.patch_embeddings.1") + own["patch_embedding.position_embeddings"]


def blocks(x: Tensor, own: dict[str, Tensor]) -> Tensor:
    x = torch.cat([own["cls_token"].expand(len(x), -1, -1), x], dim=1)
    for block in ("blocks.0", "blocks.1"):
        fused = dense(norm(x, own, f"{block}.norm1"), own, f"{block}.attn.qkv")
        q, k, v = rearrange(fused, "b h (qkv l d) -> qkv b l h d", qkv=3, l=2)
        seen = softmax(q @ k.mT / 2, dim=-1) @ v
        x = x + dense(rearrange(seen, "b l h d -> b h (l d)"), own, f"{block}.attn.out_proj")
        hidden = gelu(dense(norm(x, own, f"{block}.norm2"), own, f"{block}.mlp.linear1"))
        x = x + dense(hidden, own, f"{block}.mlp.linear2")
    return norm(x, own, "norm")


@pytest.mark.parametrize("prefix", ["", "vision_encoder.", "model.vision_tower.vision_tower."])
def test_m3d_clip(prefix: str, tmp_path: Path):
    torch.manual_seed(0)
    own = monai_weights()
    published = {f"{prefix}{name}": tensor for name, tensor in own.items()}
    save_file({**published, "mm_vision_proj.weight": torch.zeros(2, 8)}, tmp_path / "model.safetensors")
    part = ViT3d(SHAPE, None, **OPTIONS).double()
    part.load_weights(tmp_path)
    volume = torch.randn(2, *SHAPE, dtype=torch.float64)
    expected = blocks(embedding(volume, own), own)
    torch.testing.assert_close(part(volume).tokens, expected[:, 1:])
    torch.testing.assert_close(part(volume).pooled, expected[:, :1])


def test_hsenets_second_stage(tmp_path: Path):
    torch.manual_seed(0)
    own = monai_weights() | slice_weights()
    published = {f"vision_encoder.{name}": tensor for name, tensor in own.items()}
    published |= {f"stage1_pretrained_CLIP.vision_encoder.{name}": tensor for name, tensor in monai_weights().items()}
    save_file(published, tmp_path / "model.safetensors")
    part = ViT2E3(SHAPE, FeatureSpec(8, slots=5), **OPTIONS).double()
    part.load_weights(tmp_path / "model.safetensors")

    volume, slices = torch.randn(2, *SHAPE, dtype=torch.float64), torch.randn(2, 5, 8, dtype=torch.float64)
    patches = embedding(volume, own)
    q, k, v = (
        dense(x, own, f"slice_guided_attention.{w}") for x, w in ((patches, "Wq"), (slices, "Wk"), (slices, "Wv"))
    )
    attended = dense(softmax(q @ k.mT / 8**0.5, dim=-1) @ v, own, "slice_guided_attention.output_linear")
    scores = torch.sigmoid(dense(norm(q + attended, own, "slice_guided_attention.norm"), own, "patch_score_proj"))
    seen = part(volume, Features(pooled=slices))
    torch.testing.assert_close(seen.scores, scores.squeeze(-1))
    torch.testing.assert_close(seen.tokens, blocks(patches * scores, own)[:, 1:])


def test_biases_of_a_fused_projection():
    renamed = from_monai(
        {
            "patch_embedding.patch_embeddings.1.weight": torch.zeros(1),
            "blocks.7.attn.qkv.bias": torch.arange(6),
        }
    )
    assert renamed["blocks.7.attention.query.bias"].tolist() == [0, 1]
    assert renamed["blocks.7.attention.key_value.bias"].tolist() == [2, 3, 4, 5]


def test_nothing_without_such_a_tower():
    assert from_monai({"visual.trunk.cls_token": torch.zeros(1)}) == {}
