from __future__ import annotations

import pytest
import torch
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders.crops import CropsEncoder
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.vit3d import ViT3d
from ctscribe.model.projectors.per_volume import PerVolume

VIT = {"type": "vit3d", "patch": (2, 4, 4), "width": 8, "depth": 2, "heads": 2, "layers": (1,)}
SHAPE = (3, 1, 4, 8, 8)


@pytest.fixture
def crops() -> CropsEncoder:
    torch.manual_seed(3)
    return CropsEncoder(SHAPE, None, encoder=VIT).double()


@pytest.fixture
def view() -> torch.Tensor:
    return torch.randn(2, *SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def test_equals_each_crop_alone(crops: CropsEncoder, view: torch.Tensor):
    seen = crops(view)
    alone = [crops.encoder(view[:, number]) for number in range(3)]
    torch.testing.assert_close(seen.tokens, torch.cat([each.tokens for each in alone], dim=1))
    torch.testing.assert_close(seen.layers[1], torch.cat([each.layers[1] for each in alone], dim=1))
    torch.testing.assert_close(seen.pooled, torch.cat([each.pooled for each in alone], dim=1))


def test_features_are_as_the_spec_says(crops: CropsEncoder, view: torch.Tensor):
    spec, seen = crops.spec(SHAPE), crops(view)
    assert (spec.channels, spec.grid, spec.layers, spec.slots) == (8, (6, 2, 2), (1,), 3)
    assert seen.grid == spec.grid and seen.tokens.shape == (2, spec.tokens, 8) and seen.pooled.shape == (2, 3, 8)


def test_encoder_and_projector_together_equal_each_crop_alone(crops: CropsEncoder, view: torch.Tensor):
    inner = {"type": "token_axis", "tokens": 4}
    projector = PerVolume((crops.spec(SHAPE),), 5, None, projector=inner, volumes=3).double()
    alone = [projector.projector(crops.encoder(view[:, number])).values for number in range(3)]
    torch.testing.assert_close(projector(crops(view)).values, torch.cat(alone, dim=1))


def test_every_parameter_learns(crops: CropsEncoder, view: torch.Tensor):
    seen = crops(view)
    (seen.tokens.square().sum() + seen.pooled.pow(3).sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in crops.parameters())


def test_real_size_without_memory():
    with torch.device("meta"):
        part = ENCODERS["crops"]((9, 1, 32, 256, 256), None, encoder={"type": "vit3d"})
        seen = part(torch.zeros(1, 9, 1, 32, 256, 256))
    assert seen.tokens is not None and seen.tokens.shape == (1, 9 * 2048, 768)


def test_weights_are_the_inner_encoders(crops: CropsEncoder, tmp_path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(ViT3d, "load_weights", lambda self, source, *, download=False: asked.append((source, download)))
    crops.load_weights(tmp_path, download=True)
    assert asked == [(tmp_path, True)]
    assert isinstance(crops.encoder, nn.Module) and crops.named_weights == crops.encoder.named_weights


def test_what_does_not_fit_is_refused(crops: CropsEncoder):
    with pytest.raises(BadInput, match=r"not \(crops, 1, z, y, x\)"):
        CropsEncoder((1, 4, 8, 8), None, encoder=VIT)
    with pytest.raises(BadInput, match="takes no context"):
        CropsEncoder(SHAPE, crops.spec(SHAPE), encoder=VIT)
    with pytest.raises(BadInput, match=r"crops\.encoder\.type: this key is missing"):
        CropsEncoder(SHAPE, None, encoder={"patch": (2, 4, 4)})
    with pytest.raises(BadInput, match="there is no encoder 'vit3'"):
        CropsEncoder(SHAPE, None, encoder={"type": "vit3"})
