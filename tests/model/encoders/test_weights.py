"""Public checkpoints with our own key names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders.weights import fill, holds


@pytest.fixture
def part() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 2)


@pytest.mark.parametrize("prefix", ["", "module.", "tower.head."])
def test_takes_its_own_keys_under_any_of_the_prefixes(tmp_path: Path, part: nn.Linear, prefix: str) -> None:
    file = tmp_path / "some.safetensors"
    mine = {f"{prefix}weight": torch.ones(2, 3), f"{prefix}bias": torch.zeros(2, dtype=torch.bfloat16)}
    save_file(mine | {"text.weight": torch.ones(9)}, file)
    fill(part, file, ("", "module.", "tower.head."))
    assert part.weight.eq(1).all() and part.bias.eq(0).all() and part.bias.dtype == torch.float32


def test_holds(tmp_path: Path) -> None:
    file = tmp_path / "some.safetensors"
    save_file({"classifier.weight": torch.ones(1)}, file)
    assert holds(file, "classifier.weight") and not holds(file, "weight")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("other.safetensors", "wrong-weights"),
        ("wider.safetensors", "wrong-weights"),
        ("half.safetensors", "wrong-weights"),
        ("broken.safetensors", "broken-weights"),
        ("nowhere.safetensors", "missing-weights"),
        ("CT-CLIP_v2.pt", "pickled-weights"),
        ("model.ckpt", "pickled-weights"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line_and_changes_nothing(
    tmp_path: Path, part: nn.Linear, name: str, code: str
) -> None:
    save_file({"blocks.0.qkv": torch.ones(2)}, tmp_path / "other.safetensors")
    save_file({"weight": torch.ones(2, 4), "bias": torch.ones(2)}, tmp_path / "wider.safetensors")
    save_file({"weight": torch.ones(2, 3)}, tmp_path / "half.safetensors")
    for damaged in ("broken.safetensors", "CT-CLIP_v2.pt"):
        (tmp_path / damaged).write_bytes(b"no")
    before = part.weight.detach().clone()
    with pytest.raises(BadInput, match=name.split(".")[0]) as error:
        fill(part, tmp_path / name)
    assert error.value.code == code and "\n" not in error.value.message
    assert torch.equal(part.weight, before)
