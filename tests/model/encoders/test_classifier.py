"""RAD3D-Prefix's classifier: soft logits from an encoder of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ctscribe.errors import BadInput
from ctscribe.model.encoders.classifier import Classifier
from ctscribe.model.encoders.encoder import ENCODERS

SHAPE = (1, 4, 4, 4)
INNER = {
    "type": "ctvit",
    "dim": 8,
    "latent": 8,
    "patch": 2,
    "temporal_patch": 2,
    "spatial_depth": 1,
    "temporal_depth": 1,
    "heads": 2,
    "dim_head": 4,
    "codebook": 32,
}


@pytest.fixture
def classifier() -> Classifier:
    torch.manual_seed(0)
    return Classifier(SHAPE, None, encoder=INNER, labels=5).double().eval()


@pytest.fixture
def view() -> torch.Tensor:
    return torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_logits_equal_the_loops(classifier: Classifier, view: torch.Tensor) -> None:
    embeddings = classifier.encoder(view).pooled.detach().numpy()
    weight, bias = classifier.head.weight.detach().numpy(), classifier.head.bias.detach().numpy()
    expected = np.zeros((3, 1, 5))
    for case, label in np.ndindex(3, 5):
        positive = [max(value, 0.0) for value in embeddings[case, 0]]
        expected[case, 0, label] = sum(w * v for w, v in zip(weight[label], positive, strict=True)) + bias[label]
    features = classifier(view)
    np.testing.assert_allclose(features.pooled.detach(), expected, atol=1e-12)
    assert features.tokens is None and classifier.spec(SHAPE).channels == 5 and classifier.spec(SHAPE).slots == 1
    assert (embeddings < 0).any()


def test_dropout_acts_in_training_alone(classifier: Classifier, view: torch.Tensor) -> None:
    assert torch.equal(classifier(view).pooled, classifier(view).pooled)
    classifier.train()
    assert not torch.equal(classifier(view).pooled, classifier(view).pooled)


def test_gradient_reaches_every_parameter(classifier: Classifier, view: torch.Tensor) -> None:
    classifier(view).pooled.square().sum().backward()
    assert [name for name, p in classifier.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_its_last_layer_and_head_are_names_that_a_stage_can_train(classifier: Classifier) -> None:
    modules = dict(classifier.named_modules())
    assert classifier.last_layer == "encoder.to_visual_latent" and classifier.last_layer in modules
    assert "head" in modules
    unnamed = Classifier(SHAPE, None, encoder={"type": "i3resnet", "layers": (1, 1, 1, 1), "width": 2})
    assert unnamed.last_layer == "encoder.layer4"


def test_on_the_meta_device_at_the_real_size() -> None:
    with torch.device("meta"):
        options = ENCODERS.options("classifier", {"encoder": {"type": "ctvit"}}, "encoders.classifier")
        classifier = ENCODERS["classifier"]((1, 240, 480, 480), None, **options)
        logits = classifier(torch.empty(1, 1, 240, 480, 480)).pooled
    assert logits is not None and logits.shape == (1, 1, 18)


def test_takes_ct_lipro_weights_or_the_encoder_alone(tmp_path: Path, classifier: Classifier) -> None:
    encoder = {name: tensor.clone() + 1 for name, tensor in classifier.encoder.state_dict().items()}
    lipro, clip = tmp_path / "lipro.safetensors", tmp_path / "clip.safetensors"
    head = {"classifier.weight": torch.full((5, 8), 2.0), "classifier.bias": torch.full((5,), 3.0)}
    save_file({f"trained_model.{name}": tensor for name, tensor in encoder.items()} | head, lipro)
    save_file(encoder, clip)
    before = classifier.head.weight.detach().clone()
    classifier.load_weights(clip)
    assert torch.equal(classifier.head.weight, before)
    assert all(torch.equal(tensor, encoder[name]) for name, tensor in classifier.encoder.state_dict().items())
    classifier.load_weights(lipro)
    assert classifier.head.weight.eq(2).all() and classifier.head.bias.eq(3).all()


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"dim": 8}, "encoder.type"),
        ({"type": "ctvitt"}, "ctvitt"),
        (INNER | {"pach": 2}, "encoder.pach"),
        (INNER | {"latent": None}, "one embedding"),
    ],
)
def test_an_encoder_that_cannot_serve_is_refused(encoder: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Classifier(SHAPE, None, encoder=encoder)
