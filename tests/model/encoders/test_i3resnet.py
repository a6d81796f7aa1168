"""The inflated ResNet-152: the public names, and its forward against loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.i3resnet import Bottleneck, I3ResNet

SHAPE = (1, 32, 64, 96)
TINY = {"layers": (1, 2, 1, 1), "width": 2}


def randomise(part: torch.nn.Module) -> None:
    with torch.no_grad():
        for name, tensor in part.state_dict().items():
            if tensor.ndim == 1:
                tensor.copy_(torch.rand_like(tensor) + (0.5 if "var" in name or "weight" in name else -0.5))


@pytest.fixture
def encoder() -> I3ResNet:
    torch.manual_seed(0)
    encoder = I3ResNet(SHAPE, None, **TINY).double().eval()
    randomise(encoder)
    return encoder


@pytest.fixture
def view() -> torch.Tensor:
    return torch.rand(1, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def convolve(x, kernels, stride, padding):
    padded = np.pad(x, [(0, 0), *((p, p) for p in padding)])
    size = kernels.shape[2:]
    shape = [(n - k) // s + 1 for n, k, s in zip(padded.shape[1:], size, stride, strict=True)]
    out = np.zeros((len(kernels), *shape))
    for place in np.ndindex(*shape):
        window = tuple(slice(i * s, i * s + k) for i, s, k in zip(place, stride, size, strict=True))
        out[(slice(None), *place)] = kernels.reshape(len(kernels), -1) @ padded[(slice(None), *window)].reshape(-1)
    return out


def largest(x):
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (1, 1)], constant_values=-np.inf)
    out = np.zeros((len(x), *((n + 1) // 2 for n in x.shape[1:])))
    for c, z, h, w in np.ndindex(*out.shape):
        out[c, z, h, w] = padded[c, 2 * z : 2 * z + 3, 2 * h : 2 * h + 3, 2 * w : 2 * w + 3].max()
    return out


def normalise(x, w, name):
    mean, var, gamma, beta = (w[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
    return np.stack([(x[c] - mean[c]) / np.sqrt(var[c] + 1e-5) * gamma[c] + beta[c] for c in range(len(x))])


def bottleneck(x, w, stride, prefix=""):
    def step(x, number, stride, padding):
        x = convolve(x, w[f"{prefix}conv{number}.weight"], (stride,) * 3, (padding,) * 3)
        return normalise(x, w, f"{prefix}bn{number}")

    inner = np.maximum(step(x, 1, 1, 0), 0)
    inner = np.maximum(step(inner, 2, stride, 1), 0)
    if f"{prefix}downsample.0.weight" in w:
        x = normalise(
            convolve(x, w[f"{prefix}downsample.0.weight"], (stride,) * 3, (0, 0, 0)), w, f"{prefix}downsample.1"
        )
    return np.maximum(step(inner, 3, 1, 0) + x, 0)


def reference(volume, w, layers):
    turned = volume[:, ::-1, ::-1].transpose(0, 2, 1)  # (z, x, y) toward Superior, Right, Anterior
    x = convolve(np.stack([turned] * 3), w["conv1.weight"], (1, 2, 2), (1, 3, 3))
    x = largest(np.maximum(normalise(x, w, "bn1"), 0))
    for number, count in enumerate(layers, start=1):
        for block in range(count):
            x = bottleneck(x, w, 2 if number > 1 and block == 0 else 1, f"layer{number}.{block}.")
    return x.transpose(1, 3, 2, 0)[:, ::-1, ::-1]  # (z, y, x, channels) toward Superior, Posterior, Left


@pytest.mark.parametrize("stride", [1, 2])
def test_a_bottleneck_equals_the_loops(stride: int) -> None:
    torch.manual_seed(stride)
    part = Bottleneck(4, 3, stride=stride, project=True).double().eval()
    randomise(part)
    x = torch.randn(2, 4, 3, 4, 5, dtype=torch.float64)
    weights = {name: tensor.numpy() for name, tensor in part.state_dict().items()}
    expected = np.stack([bottleneck(case, weights, stride) for case in x.numpy()])
    np.testing.assert_allclose(part(x).detach(), expected, atol=1e-10)


def test_equals_the_loops(encoder: I3ResNet, view: torch.Tensor) -> None:
    weights = {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
    expected = reference(view[0, 0].numpy(), weights, TINY["layers"])
    features = encoder(view)
    assert features.grid == expected.shape[:3] == encoder.spec(SHAPE).grid == (2, 2, 3)
    np.testing.assert_allclose(features.tokens.detach()[0], expected.reshape(-1, 64), atol=1e-9)
    np.testing.assert_allclose(features.pooled.detach()[0, 0], expected.reshape(-1, 64).mean(axis=0), atol=1e-9)
    assert expected.reshape(-1, 64).std(axis=0).max() > 0.01


def test_a_cell_moves_most_with_the_voxels_at_its_place(encoder: I3ResNet, view: torch.Tensor) -> None:
    changed = view.clone()
    changed[..., 16:, 32:, :32] = 1 - changed[..., 16:, 32:, :32]
    moved = (encoder(view).tokens - encoder(changed).tokens).norm(dim=-1).reshape(2, 2, 3)
    assert np.unravel_index(int(moved.argmax()), (2, 2, 3)) == (1, 1, 0)


def public_keys() -> dict[str, tuple[int, ...]]:
    """Names and shapes of an inflated ResNet-152 without its head, as Merlin's and Astra's public weights have them."""
    convolutions = {"conv1": (64, 3, 3, 7, 7)}
    norms = {"bn1": 64}
    channels = 64
    for number, (count, width) in enumerate(zip((3, 8, 36, 3), (64, 128, 256, 512), strict=True), start=1):
        for block in range(count):
            at = f"layer{number}.{block}"
            convolutions |= {f"{at}.conv1": (width, channels, 1, 1, 1), f"{at}.conv2": (width, width, 3, 3, 3)}
            convolutions[f"{at}.conv3"] = (4 * width, width, 1, 1, 1)
            norms |= {f"{at}.bn1": width, f"{at}.bn2": width, f"{at}.bn3": 4 * width}
            if block == 0:
                convolutions[f"{at}.downsample.0"] = (4 * width, channels, 1, 1, 1)
                norms[f"{at}.downsample.1"] = 4 * width
            channels = 4 * width
    vectors = ("weight", "bias", "running_mean", "running_var")
    keys = {f"{name}.weight": shape for name, shape in convolutions.items()}
    keys |= {f"{name}.{vector}": (width,) for name, width in norms.items() for vector in vectors}
    return keys | {f"{name}.num_batches_tracked": () for name in norms}


def test_at_its_real_size_it_has_the_public_names_and_shapes_on_the_meta_device() -> None:
    with torch.device("meta"):
        encoder = ENCODERS["i3resnet"]((1, 160, 224, 224), None)
        features = encoder(torch.empty(1, 1, 160, 224, 224))
    state = {name: tuple(tensor.shape) for name, tensor in encoder.state_dict().items()}
    assert state == public_keys() and len(state) == 930
    assert sum(tensor.numel() for tensor in encoder.state_dict().values()) == 117_517_787
    assert features.grid == encoder.spec((1, 160, 224, 224)).grid == (10, 7, 7)
    assert features.tokens is not None and features.tokens.shape == (1, 490, 2048)


def test_any_size_fits_and_cases_do_not_mix(encoder: I3ResNet) -> None:
    odd = torch.rand(2, 1, 17, 33, 40, dtype=torch.float64)
    both, second = encoder(odd), encoder(odd[1:])
    assert both.grid == encoder.spec((1, 17, 33, 40)).grid == (2, 2, 2)
    torch.testing.assert_close(both.tokens[1:], second.tokens)


def test_gradient_reaches_every_parameter(encoder: I3ResNet, view: torch.Tensor) -> None:
    encoder.train()(view).pooled.square().sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("prefix", ["", "encode_image.i3_resnet.", "visual_encoder.model.encode_image.i3_resnet."])
def test_loads_the_names_of_merlin_and_astra(tmp_path: Path, encoder: I3ResNet, prefix: str) -> None:
    file = tmp_path / "weights.safetensors"
    head = {f"{prefix}classifier.weight": torch.ones(3)}
    save_file({prefix + name: tensor.clone() for name, tensor in encoder.state_dict().items()} | head, file)
    fresh = I3ResNet(SHAPE, None, **TINY).double()
    fresh.load_weights(file)
    assert all(torch.equal(tensor, encoder.state_dict()[name]) for name, tensor in fresh.state_dict().items())


def test_what_does_not_fit_is_refused(tmp_path: Path, encoder: I3ResNet) -> None:
    with pytest.raises(BadInput, match="volume"):
        I3ResNet((32, 3, 64, 64), None, **TINY)
    file = tmp_path / "wider.safetensors"
    wider = I3ResNet(SHAPE, None, layers=TINY["layers"], width=4)
    save_file({name: tensor.clone() for name, tensor in wider.state_dict().items()}, file)
    with pytest.raises(BadInput, match=r"conv1\.weight") as error:
        encoder.load_weights(file)
    assert error.value.code == "wrong-weights"
