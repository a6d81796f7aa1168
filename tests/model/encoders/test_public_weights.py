from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.encoders import public_weights
from ctscribe.model.encoders.public_weights import put_weights, read_weights, weights_folder


def test_reads_a_file_or_all_files_of_a_folder(tmp_path: Path):
    save_file({"a": torch.ones(2)}, tmp_path / "model-00001-of-00002.safetensors")
    save_file({"b": torch.zeros(3)}, tmp_path / "model-00002-of-00002.safetensors")
    assert sorted(read_weights(tmp_path)) == ["a", "b"]
    assert sorted(read_weights(tmp_path / "model-00001-of-00002.safetensors")) == ["a"]


def test_asks_for_the_cached_copy_of_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def snapshot(name: str, *, allow_patterns: list[str], local_files_only: bool) -> str:
        asked.append((name, local_files_only))
        assert not any(pattern.endswith((".bin", ".pt", "*")) for pattern in allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr(public_weights, "snapshot_download", snapshot)
    assert weights_folder("google/medsiglip-448") == tmp_path
    assert weights_folder("google/medsiglip-448", download=True) == tmp_path
    assert asked == [("google/medsiglip-448", True), ("google/medsiglip-448", False)]


@pytest.mark.parametrize("source", ["google/not-here", "/no/such/folder", "not a name at all!"])
def test_what_is_not_here_is_not_fetched(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadInput, match=r"are not on this machine$") as refused:
        read_weights(source)
    assert "allow the download" in str(refused.value.hint)


def test_says_why_it_could_not_be_fetched(monkeypatch: pytest.MonkeyPatch):
    def snapshot(*_: object, **__: object) -> str:
        raise OSError("access is restricted\nand more lines")

    monkeypatch.setattr(public_weights, "snapshot_download", snapshot)
    with pytest.raises(BadInput, match=r"nor to be fetched: access is restricted$"):
        weights_folder("google/medsiglip-448", download=True)


def test_never_opens_a_pickle(tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(BadInput, match="no safetensors file is there, and a pickle"):
        read_weights(tmp_path)
    with pytest.raises(BadInput, match="not a safetensors file"):
        read_weights(tmp_path / "pytorch_model.bin")


def test_copies_what_the_network_has():
    network = nn.Linear(2, 3)
    weights = {"weight": torch.ones(3, 2), "bias": torch.arange(3.0), "head": torch.zeros(1)}
    put_weights(network, weights, "here")
    assert network.bias.tolist() == [0, 1, 2] and network.weight.sum() == 6


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"weight": torch.ones(3, 2)}, r"here: weights of another architecture, 'bias' is missing"),
        ({"weight": torch.ones(2, 3), "bias": torch.ones(3)}, r"'weight' is \(2, 3\), not \(3, 2\)"),
    ],
)
def test_refuses_weights_that_do_not_fit(weights: dict[str, torch.Tensor], words: str):
    network = nn.Linear(2, 3)
    before = network.weight.clone()
    with pytest.raises(BadInput, match=words):
        put_weights(network, weights, "here")
    assert torch.equal(network.weight, before)
