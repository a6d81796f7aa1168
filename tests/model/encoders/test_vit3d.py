from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from layer_references import attend, each_through
from safetensors.torch import save_file

from ctscribe.errors import BadInput
from ctscribe.model.attention import Block
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.vit3d import ViT3d

SHAPE = (1, 4, 6, 9)
OPTIONS = {"patch": (2, 3, 3), "width": 8, "depth": 3, "heads": 2}


def vit3d(**options: object) -> ViT3d:
    torch.manual_seed(4)
    part = ViT3d(SHAPE, None, **{**OPTIONS, **options}).double()
    torch.nn.init.normal_(part.position)
    if part.cls_token is not None:
        torch.nn.init.normal_(part.cls_token)
    return part


def volumes(shape: tuple[int, ...] = SHAPE, batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def embedded(volume: np.ndarray, part: ViT3d) -> np.ndarray:
    """Patch embeddings with positions, patch by patch, (patches, width)."""
    weight, bias = part.patches.weight.detach().numpy(), part.patches.bias.detach().numpy()
    z, y, x = part.patch
    channels, depth, height, width = volume.shape
    rows = []
    for k in range(0, depth, z):
        for j in range(0, height, y):
            for i in range(0, width, x):
                voxels = [
                    volume[c, k + dz, j + dy, i + dx]
                    for dz in range(z)
                    for dy in range(y)
                    for dx in range(x)
                    for c in range(channels)
                ]
                rows.append(weight @ np.array(voxels) + bias)
    return np.array(rows) + trilinear(part, (depth // z, height // y, width // x))


def trilinear(part: ViT3d, grid: tuple[int, int, int]) -> np.ndarray:
    """Position embeddings on another grid: cells' centres, edges held."""
    native = part.position.detach().numpy().reshape(*part.grid, -1)
    rows = []
    for cell in np.ndindex(*grid):
        value = np.zeros(native.shape[-1])
        corners = []
        for index, size, new in zip(cell, part.grid, grid, strict=True):
            place = min(max((index + 0.5) * size / new - 0.5, 0), size - 1)
            low = int(place)
            corners.append([(low, 1 - (place - low)), (min(low + 1, size - 1), place - low)])
        for z, wz in corners[0]:
            for y, wy in corners[1]:
                for x, wx in corners[2]:
                    value += wz * wy * wx * native[z, y, x]
        rows.append(value)
    return np.array(rows)


def through_block(x: np.ndarray, block: Block) -> np.ndarray:
    normed = each_through(x, block.attention_norm)
    x = x + attend(normed, normed, block.attention)
    return x + each_through(each_through(x, block.mlp_norm), block.mlp)


def transformed(x: np.ndarray, part: ViT3d) -> list[np.ndarray]:
    """The output of every block, then the normalised tokens; the class token, if any, first."""
    if part.cls_token is not None:
        x = np.concatenate([part.cls_token.detach().numpy()[0], x])
    states = []
    for block in part.blocks:
        x = through_block(x, block)
        states.append(x)
    return [*states, each_through(x, part.norm)]


@pytest.mark.parametrize("options", [{}, {"cls": False, "pooled": "mean", "qkv_bias": True}, {"pooled": "mean"}])
@pytest.mark.parametrize("shape", [SHAPE, (1, 2, 3, 6), (1, 8, 6, 3)])
def test_equals_loops_over_patches_and_tokens(options: dict[str, object], shape: tuple[int, ...]):
    part, view = vit3d(layers=(1, 3), **options), volumes(shape)
    seen = part(view)
    first = 0 if part.cls_token is None else 1
    for case in range(2):
        one, _, three, normed = transformed(embedded(view[case].numpy(), part), part)
        expected = normed[0] if part.pooled == "cls" else normed[first:].mean(axis=0)
        for given, wanted in [
            (seen.tokens, normed[first:]),
            (seen.layers[1], one[first:]),
            (seen.layers[3], three[first:]),
            (seen.pooled, expected[None]),
        ]:
            np.testing.assert_allclose(given[case].detach().numpy(), wanted, rtol=0, atol=1e-5)
    assert seen.grid == part.spec(shape).grid and seen.tokens.shape[1] == part.spec(shape).tokens


def test_patch_embedding_is_a_strided_convolution():
    part = ViT3d((2, 4, 6, 9), None, **OPTIONS).double()
    view = volumes((2, 4, 6, 9))
    kernel = part.patches.weight.reshape(8, 2, 3, 3, 2).permute(0, 4, 1, 2, 3)  # (width, channels, z, y, x)
    convolved = torch.conv3d(view, kernel, part.patches.bias, stride=part.patch).flatten(2).mT
    torch.testing.assert_close(part._embed(view, part.grid), convolved + part.position)


def test_positions_of_the_native_grid_are_untouched():
    part = vit3d()
    assert part.position_on(part.grid) is part.position
    assert part.position_on((1, 1, 2)).shape == (1, 2, 8)


def test_patches_know_their_places():
    part = vit3d()
    moved = volumes().flip(2)
    assert not torch.allclose(part(volumes()).tokens.mean(1), part(moved).tokens.mean(1))


def test_cases_do_not_see_each_other():
    part, view = vit3d(), volumes()
    torch.testing.assert_close(part(view).tokens[1:], part(view[1:]).tokens)


def test_every_parameter_learns():
    part = vit3d(qkv_bias=True)
    seen = part(volumes((1, 2, 6, 9)))
    (seen.tokens.pow(3).sum() + seen.pooled.pow(3).sum()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 1e-9 for p in part.parameters())


def test_real_sizes_without_memory():
    with torch.device("meta"):
        m3d = ENCODERS["vit3d"]((1, 32, 256, 256), None)
        hilt = ENCODERS["vit3d"]((1, 256, 512, 512), None, patch=(16, 32, 32), cls=False, pooled="mean")
        low = hilt(torch.zeros(1, 1, 64, 128, 128))
    assert m3d.spec((1, 32, 256, 256)).tokens == 2048 and m3d.spec((1, 32, 256, 256)).slots == 1
    assert [hilt.spec((1, d, 2 * d, 2 * d)).tokens for d in (64, 128, 256)] == [64, 512, 4096]
    assert low.tokens is not None and low.tokens.shape == (1, 64, 768)


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((1, 5, 6, 9), {}, "5 voxels along z does not divide into patches of 2"),
        ((1, 4, 7, 9), {}, "7 voxels along y"),
        ((1, 4, 6, 2), {}, "2 voxels along x"),
        ((4, 6, 9), {}, r"the view is \(4, 6, 9\)"),
        (SHAPE, {"cls": False}, "cannot pool by it"),
        (SHAPE, {"layers": (0, 1)}, "depth 3 has 1 to 3"),
        (SHAPE, {"heads": 3}, "3 heads do not divide"),
    ],
)
def test_refuses_what_does_not_fit(shape: tuple[int, ...], options: dict[str, object], words: str):
    with pytest.raises(BadInput, match=words):
        ViT3d(shape, None, **{**OPTIONS, **options})


def test_refuses_a_view_of_other_channels():
    with pytest.raises(BadInput, match=r"reads \(1, D, H, W\)"):
        vit3d()(volumes((2, 4, 6, 9)))


def test_page_options_are_checked():
    options = ENCODERS.options("vit3d", {"patch": [4, 16, 16], "layers": [3, 6]}, "encoders.global")
    assert options == {"patch": (4, 16, 16), "layers": (3, 6)}
    with pytest.raises(BadInput, match=r"encoders\.global\.pach: no such key"):
        ENCODERS.options("vit3d", {"pach": [4, 16, 16]}, "encoders.global")


def test_refuses_weights_of_another_architecture(tmp_path: Path):
    save_file({"visual.proj": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="another architecture, 'position' is missing"):
        vit3d().load_weights(tmp_path)
