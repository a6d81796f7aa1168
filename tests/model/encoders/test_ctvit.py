"""CT-CLIP's image tower: the public checkpoint's names, and its forward against loops."""

from __future__ import annotations

from math import erf, exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ctscribe.errors import BadInput
from ctscribe.model.encoders.ctvit import CTViT
from ctscribe.model.encoders.encoder import ENCODERS

SHAPE = (1, 4, 4, 6)  # 2 × 2 × 3 patches: along no two axes the same way of cutting
TINY = {"dim": 8, "patch": 2, "temporal_patch": 2, "dim_head": 3, "heads": 2, "latent": 8, "codebook": 16}


def tiny(**changes: object) -> CTViT:
    encoder = CTViT(SHAPE, None, **({"spatial_depth": 2, "temporal_depth": 1} | TINY | changes)).double()
    with torch.no_grad():
        for tensor in encoder.state_dict().values():
            tensor.add_(0.3 * torch.randn_like(tensor))
    return encoder.eval()


@pytest.fixture
def encoder() -> CTViT:
    torch.manual_seed(0)
    return tiny()


@pytest.fixture
def view() -> torch.Tensor:
    return torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


# --- the slow reference -------------------------------------------------------------------------------------------


def normalised(x, gamma, beta):
    return (x - x.mean()) / sqrt(((x - x.mean()) ** 2).mean() + 1e-5) * gamma + beta


def unit(x):
    return x / max(sqrt((x**2).sum()), 1e-12)


def patch_embedding(volume, w, size=2):
    depth, height, width = (n // size for n in volume.shape)
    out = np.zeros((depth, width, height, 8))  # the tower's rows run along x
    for z, y, x in np.ndindex(depth, height, width):
        voxels = [
            volume[size * z + k, size * y + j, size * x + i]
            for k in range(size)
            for i in range(size)
            for j in range(size)
        ]
        hidden = normalised(np.array(voxels), w["1.weight"], w["1.bias"])
        out[z, x, y] = normalised(w["2.weight"] @ hidden + w["2.bias"], w["3.weight"], w["3.bias"])
    return out


def offset_bias(height, width, w):
    bias = np.zeros((2, height * width, height * width))
    places = list(np.ndindex(height, width))
    for i, (a, b) in enumerate(places):
        for j, (c, d) in enumerate(places):
            x = np.array([np.sign(n) * log(abs(n) + 1) for n in (a - c, b - d)])
            for layer in ("0.0", "1.0"):
                x = w[f"{layer}.weight"] @ x + w[f"{layer}.bias"]
                x = np.where(x > 0, x, 0.1 * x)
            bias[:, i, j] = w["2.weight"] @ x + w["2.bias"]
    return bias


def position(sequences, video, w):
    grid = sequences.reshape(*video, 8)
    out = np.zeros_like(grid)
    for b, t, h, x in np.ndindex(*video):
        for dt, dh, dx in np.ndindex(3, 3, 3):
            at = t + dt - 2, h + dh - 1, x + dx - 1
            if all(0 <= n < size for n, size in zip(at, video[1:], strict=True)):
                out[b, t, h, x] += w["weight"][:, 0, dt, dh, dx] * grid[(b, *at)]
        out[b, t, h, x] += w["bias"]
    return out.reshape(sequences.shape)


def attention(tokens, bias, w, heads=2, size=3):
    queries = np.stack([w["to_q.weight"] @ normalised(x, w["norm.gamma"], w["norm.beta"]) for x in tokens])
    keys, values = np.split(np.stack([w["to_kv.weight"] @ x for x in tokens]), 2, axis=1)
    seen = np.zeros_like(queries)
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        for i in range(len(tokens)):
            q = unit(queries[i, part]) * w["q_scale"]
            scores = [8 * q @ (unit(k[part]) * w["k_scale"]) + bias[head, i, j] for j, k in enumerate(keys)]
            weights = np.array([exp(s) for s in scores]) / sum(exp(s) for s in scores)
            seen[i, part] = sum(a * v[part] for a, v in zip(weights, values, strict=True))
    return np.stack([w["to_out.weight"] @ x for x in seen])


def feed_forward(x, w):
    value, gate = np.split(w["1.weight"] @ normalised(x, w["0.weight"], w["0.bias"]), 2)
    return w["4.weight"] @ (value * np.array([0.5 * g * (1 + erf(g / sqrt(2))) for g in gate]))


def transformer(sequences, video, bias, depth, w):
    x = sequences
    for layer in range(depth):
        part = [below(w, f"layers.{layer}.{n}.") for n in (0, 1, 3)]
        x = x + position(x, video, below(part[0], "dsconv."))
        x = x + np.stack([attention(tokens, bias, part[1]) for tokens in x])
        x = x + np.stack([[feed_forward(token, part[2]) for token in tokens] for tokens in x])
    return np.stack([[normalised(t, w["norm_out.gamma"], w["norm_out.beta"]) for t in tokens] for tokens in x])


def below(w, prefix):
    return {key.removeprefix(prefix): value for key, value in w.items() if key.startswith(prefix)}


def reference(volumes, w, depths=(2, 1)):
    tower = below(w, "visual_transformer.")
    tokens = np.stack([patch_embedding(v[0], below(tower, "to_patch_emb.")) for v in volumes])
    video = b, t, h, x, c = tokens.shape
    bias = offset_bias(h, x, below(tower, "spatial_rel_pos_bias.net."))
    spatial, temporal = (below(tower, f"enc_{name}_transformer.") for name in ("spatial", "temporal"))
    slabs = transformer(tokens.reshape(b * t, h * x, c), video[:4], bias, depths[0], spatial).reshape(video)
    columns = slabs.transpose(0, 2, 3, 1, 4).reshape(b * h * x, t, c)
    columns = transformer(columns, video[:4], np.zeros((2, t, t)), depths[1], temporal)
    tokens = columns.reshape(b, h, x, t, c).transpose(0, 3, 1, 2, 4)
    codes = tower["vq._codebook.embed"][0]
    cosines = np.array([[unit(token) @ unit(code) for code in codes] for token in tokens.reshape(-1, c)])
    tokens = codes[cosines.argmax(axis=1)].reshape(video)
    pooled = np.stack([unit(w["to_visual_latent.weight"] @ v.mean(axis=0).reshape(-1)) for v in tokens])
    return tokens.transpose(0, 1, 3, 2, 4).reshape(b, -1, c), pooled


# --- what is checked ----------------------------------------------------------------------------------------------


def test_equals_the_loops(encoder: CTViT, view: torch.Tensor) -> None:
    weights = {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
    tokens, pooled = reference(view.numpy(), weights)
    features = encoder(view)
    assert features.tokens is not None and features.pooled is not None
    assert features.grid == (2, 2, 3) == encoder.spec(SHAPE).grid
    np.testing.assert_allclose(features.tokens.detach(), tokens, atol=1e-10)
    np.testing.assert_allclose(features.pooled.detach()[:, 0], pooled, atol=1e-10)
    assert len(np.unique(tokens.reshape(-1, 8), axis=0)) > 3


def public_keys() -> dict[str, tuple[int, ...]]:
    """Names and shapes, in CT-CLIP's public checkpoint, of all that its image path reads."""
    tower = {
        "spatial_rel_pos_bias.net.0.0": ((512, 2), (512,)),
        "spatial_rel_pos_bias.net.1.0": ((512, 512), (512,)),
        "spatial_rel_pos_bias.net.2": ((8, 512), (8,)),
        "to_patch_emb.1": ((4000,), (4000,)),
        "to_patch_emb.2": ((512, 4000), (512,)),
        "to_patch_emb.3": ((512,), (512,)),
    }
    keys = {
        f"{name}.{kind}": s for name, pair in tower.items() for kind, s in zip(("weight", "bias"), pair, strict=True)
    }
    for stack in ("enc_spatial_transformer", "enc_temporal_transformer"):
        for layer in (f"{stack}.layers.{number}" for number in range(4)):
            keys |= {f"{layer}.0.dsconv.weight": (512, 1, 3, 3, 3), f"{layer}.0.dsconv.bias": (512,)}
            keys |= {f"{layer}.1.norm.gamma": (512,), f"{layer}.1.norm.beta": (512,)}
            keys |= {f"{layer}.1.to_q.weight": (256, 512), f"{layer}.1.to_kv.weight": (512, 512)}
            keys |= {f"{layer}.1.q_scale": (32,), f"{layer}.1.k_scale": (32,), f"{layer}.1.to_out.weight": (512, 256)}
            keys |= {f"{layer}.3.0.weight": (512,), f"{layer}.3.0.bias": (512,)}
            keys |= {f"{layer}.3.1.weight": (2730, 512), f"{layer}.3.4.weight": (512, 1365)}
        keys |= {f"{stack}.norm_out.gamma": (512,), f"{stack}.norm_out.beta": (512,)}
    keys["vq._codebook.embed"] = (1, 8192, 512)
    return {f"visual_transformer.{key}": s for key, s in keys.items()} | {"to_visual_latent.weight": (512, 294912)}


def test_at_its_real_size_it_has_the_public_names_and_shapes_on_the_meta_device() -> None:
    with torch.device("meta"):
        encoder = ENCODERS["ctvit"]((1, 240, 480, 480), None)
        features = encoder(torch.empty(2, 1, 240, 480, 480))
    assert {name: tuple(tensor.shape) for name, tensor in encoder.state_dict().items()} == public_keys()
    assert features.tokens is not None and features.tokens.shape == (2, 24**3, 512)
    assert features.pooled is not None and features.pooled.shape == (2, 1, 512)
    assert encoder.spec((1, 240, 480, 480)).tokens == 24**3


def test_the_embedding_is_a_unit_vector_of_its_own_case(encoder: CTViT, view: torch.Tensor) -> None:
    both, second = encoder(view).pooled, encoder(view[1:]).pooled
    assert both is not None and second is not None
    torch.testing.assert_close(both.norm(dim=-1), torch.ones(2, 1, dtype=torch.float64))
    torch.testing.assert_close(both[1:], second)
    assert (both[0] - both[1]).abs().max() > 0.01


def test_gradient_reaches_every_parameter_through_the_codes(encoder: CTViT, view: torch.Tensor) -> None:
    pooled = encoder.train()(view).pooled
    assert pooled is not None
    (pooled[0, 0] * torch.arange(8)).sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_without_latent_it_gives_tokens_alone(view: torch.Tensor) -> None:
    torch.manual_seed(0)
    encoder = tiny(latent=None)
    assert encoder.spec(SHAPE).slots == 0 and encoder(view).pooled is None
    assert not any(name.startswith("to_visual_latent") for name in encoder.state_dict())


def test_tokens_lie_in_z_y_x_order(view: torch.Tensor) -> None:
    torch.manual_seed(0)
    encoder = tiny(spatial_depth=0, temporal_depth=0, codebook=4096)
    changed = view.clone()
    changed[:, 0, 2:4, 0:2, 4:6] = torch.randn(2, 2, 2, 2, dtype=torch.float64)  # the patch (1, 0, 2)
    before, after = encoder(view).tokens, encoder(changed).tokens
    assert before is not None and after is not None
    moved = (before != after).any(dim=-1).any(dim=0).reshape(2, 2, 3)
    assert moved.nonzero().tolist() == [[1, 0, 2]]


def test_loads_the_public_names_and_saves_the_same(tmp_path: Path, encoder: CTViT, view: torch.Tensor) -> None:
    file = tmp_path / "ct_clip.safetensors"
    saved = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    save_file(saved | {"text_transformer.embeddings.weight": torch.ones(3), "temperature": torch.ones(1)}, file)
    torch.manual_seed(5)
    fresh = tiny()
    fresh.load_weights(file)
    assert list(fresh.state_dict()) == list(saved)
    assert torch.equal(fresh(view).tokens, encoder(view).tokens)


def test_a_checkpoint_of_another_size_is_refused(tmp_path: Path, encoder: CTViT) -> None:
    file = tmp_path / "wider.safetensors"
    state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    save_file(state | {"to_visual_latent.weight": torch.ones(8, 8)}, file)
    with pytest.raises(BadInput, match=r"to_visual_latent\.weight") as error:
        encoder.load_weights(file)
    assert error.value.code == "wrong-weights" and "\n" not in error.value.message


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 5, 4, 6), "D = 5 is not a multiple of the patch, 2"),
        ((1, 4, 3, 6), "H = 3"),
        ((1, 4, 4, 7), "W = 7"),
        ((3, 4, 4, 6), "volume"),
        ((1, 4, 6, 4), "slices of 4 × 6, not 6 × 4"),
    ],
)
def test_a_view_that_does_not_fit_is_refused(encoder: CTViT, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        encoder.spec(shape)


def test_more_slices_fit_and_a_latent_of_another_width_does_not(encoder: CTViT) -> None:
    deeper = encoder(torch.zeros(1, 1, 8, 4, 6, dtype=torch.float64))
    assert deeper.grid == encoder.spec((1, 8, 4, 6)).grid == (4, 2, 3)
    with pytest.raises(BadInput, match="latent 4"):
        tiny(latent=4)
