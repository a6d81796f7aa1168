from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from layer_references import each_through
from projector_cases import attention, gelu
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.slice_vit import SliceViT

SIZES = {"hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 12, "patch_size": 4}
KINDS = {"vit": "cls", "clip_vision_model": "cls", "siglip_vision_model": "head"}
SHAPE = (5, 3, 8, 8)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(kind: str, tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind, "image_size": 8, **SIZES}))
    return str(tmp_path)


def slice_vit(folder: str, **options: object) -> SliceViT:
    torch.manual_seed(2)
    part = SliceViT(SHAPE, None, model=folder, **options).double()
    for parameter in part.parameters():
        nn.init.normal_(parameter, std=0.3)
    return part


@pytest.fixture
def view(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(rng.normal(size=(2, *SHAPE)))


def vit_of_a_slice(image: np.ndarray, tower: nn.Module) -> list[np.ndarray]:
    """The outputs of a ViT's layers, then of its last norm, token by token; the class token first."""
    own = {name: tensor.numpy() for name, tensor in tower.state_dict().items()}
    kernel = own["embeddings.patch_embeddings.projection.weight"]
    rows = [own["embeddings.cls_token"][0, 0]]
    for y in range(0, image.shape[1], 4):
        for x in range(0, image.shape[2], 4):
            patch = image[:, y : y + 4, x : x + 4]
            rows.append(
                np.array([(weight * patch).sum() for weight in kernel])
                + own["embeddings.patch_embeddings.projection.bias"]
            )
    x, states = np.array(rows) + own["embeddings.position_embeddings"][0], []
    for layer in tower.get_submodule("layers"):
        normed = each_through(x, layer.layernorm_before)
        q, k, v = (each_through(normed, getattr(layer.attention, f"{part}_proj")) for part in "qkv")
        seen = np.array([attention(query, list(k), list(v), 2) for query in q])
        x = x + each_through(seen, layer.attention.o_proj)
        hidden = each_through(each_through(x, layer.layernorm_after), layer.mlp.fc1)
        x = x + each_through(np.array([gelu(row) for row in hidden]), layer.mlp.fc2)
        states.append(x)
    return [*states, each_through(x, tower.get_submodule("layernorm"))]


@pytest.mark.parametrize("kind", ["vit"], indirect=True)
def test_equals_loops_over_slices_and_tokens(folder: str, view: torch.Tensor):
    part = slice_vit(folder, pooled="cls", layers=(1, 3), chunk=2)
    seen = part(view)
    for case in range(2):
        states = [vit_of_a_slice(image.numpy(), part.tower) for image in view[case]]
        for given, wanted in [
            (seen.tokens, [slice_states[-1][1:] for slice_states in states]),
            (seen.layers[1], [slice_states[0][1:] for slice_states in states]),
            (seen.layers[3], [slice_states[2][1:] for slice_states in states]),
            (seen.pooled, [slice_states[-1][:1] for slice_states in states]),
        ]:
            np.testing.assert_allclose(given[case].detach().numpy(), np.concatenate(wanted), rtol=0, atol=1e-5)


def test_equals_the_tower_on_each_slice(folder: str, kind: str, view: torch.Tensor):
    part = slice_vit(folder, pooled=KINDS[kind], layers=(1, 2, 3))
    seen = part(view)
    first = 0 if kind.startswith("siglip") else 1
    for case, place in np.ndindex(2, 5):
        alone = part.tower(view[case, place][None], output_hidden_states=True)
        tokens = slice(4 * place, 4 * place + 4)
        torch.testing.assert_close(seen.tokens[case, tokens], alone.last_hidden_state[0, first:])
        for layer in (1, 2, 3):  # transformers' number 0 is what the first layer reads
            torch.testing.assert_close(seen.layers[layer][case, tokens], alone.hidden_states[layer][0, first:])
        pooled = alone.last_hidden_state[0, 0] if kind == "vit" else alone.pooler_output[0]
        torch.testing.assert_close(seen.pooled[case, place], pooled)


def test_chunks_change_nothing(folder: str, view: torch.Tensor):
    parts = [slice_vit(folder, chunk=chunk, layers=(2,))(view) for chunk in (1, 3, 16)]
    for part in parts[1:]:
        torch.testing.assert_close(part.tokens, parts[0].tokens)
        torch.testing.assert_close(part.layers[2], parts[0].layers[2])
        torch.testing.assert_close(part.pooled, parts[0].pooled)


def test_never_more_slices_at_a_time_than_a_chunk(folder: str, view: torch.Tensor):
    part, batches = slice_vit(folder, chunk=4), []
    part.tower.register_forward_pre_hook(
        lambda _module, _args, given: batches.append(len(given["pixel_values"])), with_kwargs=True
    )
    with torch.no_grad():
        assert not part(view).tokens.requires_grad
    assert batches == [4, 4, 2]


def test_mean_is_over_the_patches_of_a_slice(folder: str, view: torch.Tensor):
    seen = slice_vit(folder, pooled="mean")(view)
    torch.testing.assert_close(seen.pooled, seen.tokens.unflatten(1, (5, 4)).mean(dim=2))


def test_another_size_is_interpolated(folder: str, rng: np.random.Generator):
    part = slice_vit(folder)
    seen = part(torch.from_numpy(rng.normal(size=(1, 2, 3, 12, 20))))
    assert seen.grid == (2, 3, 5) and seen.tokens.shape == (1, 30, 8)
    assert part.spec((2, 3, 12, 20)).tokens == 30 and part.spec((2, 3, 12, 20)).slots == 2


def test_every_parameter_learns(folder: str, kind: str, view: torch.Tensor):
    for pooled in ("mean", KINDS[kind]):
        part = slice_vit(folder, pooled=pooled)
        seen = part(view)
        (seen.tokens.pow(3).sum() + seen.pooled.pow(3).sum()).backward()
        for name, parameter in part.named_parameters():
            # A key's bias moves all of a query's scores alike, which softmax does not see.
            assert parameter.grad is not None, (pooled, name)
            assert name.endswith("k_proj.bias") or parameter.grad.abs().max() > 1e-9, (pooled, name)


def test_only_public_names_have_weights_to_fetch():
    with torch.device("meta"):
        named = SliceViT((1, 3, 224, 224), None, model="google/siglip-base-patch16-224")
        tiny = SliceViT((1, 3, 64, 64), None, model="ctscribe/tiny-vit")
    assert named.named_weights == "google/siglip-base-patch16-224" and tiny.named_weights is None


def test_real_size_without_memory():
    with torch.device("meta"):
        part = ENCODERS["slice_vit"]((128, 3, 448, 448), None, model="google/medsiglip-448", layers=(6, 12, 18, 24))
        seen = part(torch.zeros(1, 128, 3, 448, 448))
    assert seen.grid == (128, 32, 32) == part.spec((128, 3, 448, 448)).grid
    assert seen.tokens is not None and seen.tokens.shape == (1, 128 * 1024, 1152)
    assert sorted(seen.layers) == [6, 12, 18, 24] and seen.layers[24].shape == seen.tokens.shape
    assert seen.pooled is not None and seen.pooled.shape == (1, 128, 1152)


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((5, 3, 8, 10), {}, "10 pixels along x do not divide into patches of 4"),
        ((5, 3, 2, 8), {}, "2 pixels along y"),
        ((5, 1, 8, 8), {}, r"reads \(slices, 3, H, W\)"),
        ((1, 8, 8), {}, r"the view is \(1, 8, 8\)"),
        (SHAPE, {"layers": (4,)}, "has 1 to 3"),
        (SHAPE, {"chunk": 0}, "at least one slice"),
    ],
)
def test_refuses_what_does_not_fit(folder: str, shape: tuple[int, ...], options: dict[str, object], words: str):
    with pytest.raises(BadInput, match=words):
        SliceViT(shape, None, model=folder, **options)
