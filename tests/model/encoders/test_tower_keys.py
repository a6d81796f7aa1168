"""A timm ViT, written here as its checkpoints imply it, against transformers' network with the renamed weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, gelu, layer_norm, linear, softmax

from ctscribe.model.architectures import architecture
from ctscribe.model.encoders.image_tower import build_tower
from ctscribe.model.encoders.public_weights import put_weights
from ctscribe.model.encoders.tower_keys import to_tower

WIDTH, HEADS, DEPTH = 64, 4, 4


def timm_weights() -> dict[str, Tensor]:
    def values(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64) * 0.2

    weights = {"cls_token": values(1, 1, WIDTH), "pos_embed": values(1, 65, WIDTH)}
    weights |= {"patch_embed.proj.weight": values(WIDTH, 3, 8, 8), "patch_embed.proj.bias": values(WIDTH)}
    weights |= {"norm.weight": values(WIDTH), "norm.bias": values(WIDTH)}
    layers = {
        "attn.qkv": (3 * WIDTH, WIDTH),
        "attn.proj": (WIDTH, WIDTH),
        "mlp.fc1": (256, WIDTH),
        "mlp.fc2": (WIDTH, 256),
    }
    for block in range(DEPTH):
        for name in ("norm1", "norm2"):
            weights |= {f"blocks.{block}.{name}.{part}": values(WIDTH) for part in ("weight", "bias")}
        for name, (rows, columns) in layers.items():
            weights |= {f"blocks.{block}.{name}.weight": values(rows, columns)}
            weights |= {f"blocks.{block}.{name}.bias": values(rows)}
    return weights


def timm_vit(images: Tensor, own: dict[str, Tensor]) -> Tensor:
    x = conv2d(images, own["patch_embed.proj.weight"], own["patch_embed.proj.bias"], stride=8).flatten(2).mT
    x = torch.cat([own["cls_token"].expand(len(x), -1, -1), x], dim=1) + own["pos_embed"]

    def apply(x: Tensor, name: str) -> Tensor:
        weight, bias = own[f"{name}.weight"], own[f"{name}.bias"]
        return layer_norm(x, (WIDTH,), weight, bias, eps=1e-6) if "norm" in name else linear(x, weight, bias)

    for block in range(DEPTH):
        fused = apply(apply(x, f"blocks.{block}.norm1"), f"blocks.{block}.attn.qkv")
        q, k, v = fused.unflatten(-1, (3, HEADS, WIDTH // HEADS)).permute(2, 0, 3, 1, 4)  # each (b, heads, n, c)
        seen = softmax(q @ k.mT / (WIDTH // HEADS) ** 0.5, dim=-1) @ v
        x = x + apply(seen.transpose(1, 2).flatten(2), f"blocks.{block}.attn.proj")
        hidden = gelu(apply(apply(x, f"blocks.{block}.norm2"), f"blocks.{block}.mlp.fc1"))
        x = x + apply(hidden, f"blocks.{block}.mlp.fc2")
    return apply(x, "norm")


def test_timm_in_an_open_clip_checkpoint():
    torch.manual_seed(0)
    own = timm_weights()
    published = {f"visual.trunk.{name}": tensor for name, tensor in own.items()}
    published |= {
        "visual.head.proj.weight": torch.zeros(2, WIDTH),
        "text.transformer.embeddings.norm.weight": torch.zeros(1),
    }
    tower = build_tower("ctscribe/tiny-vit", "cls").double()
    put_weights(tower, to_tower(published), "BiomedCLIP")
    images = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    torch.testing.assert_close(tower(images).last_hidden_state, timm_vit(images, own))
    assert architecture("ctscribe/tiny-vit").layer_norm_eps == 1e-6


def test_biomedclip_has_every_name():
    name = "microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224"
    with torch.device("meta"):
        tower = build_tower(name, "cls")
        published = timm_weights()
    assert {key.replace("layers.11.", "layers.3.") for key in tower.state_dict()} >= set(to_tower(published))


def test_names_that_fit_already_stay():
    own = build_tower("ctscribe/tiny-vit", "mean").state_dict()
    assert to_tower(own).keys() == own.keys()
    assert to_tower({}) == {}
