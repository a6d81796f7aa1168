"""The language model a page names: random weights on any device, weights from a folder, the loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from language_twins import tokenizer, twin
from pydantic import ValidationError
from transformers import AutoModelForCausalLM

from ctscribe.errors import BadInput, MissingExtra
from ctscribe.model import language
from ctscribe.model.language import LanguageConfig, build_language, load_language, load_tokenizer, report_loss


def test_the_loss_is_the_mean_over_labelled_tokens_of_minus_log_p(rng):
    logits = rng.normal(size=(3, 7, 11)) * 3
    labels = rng.integers(0, 11, size=(3, 7))
    labels[0, :5] = labels[1, 2:4] = labels[2, 6:] = -100
    losses = []
    for case in range(3):
        for place in range(1, 7):
            if labels[case, place] != -100:
                before = logits[case, place - 1]
                total = sum(math.exp(value) for value in before)
                losses.append(-math.log(math.exp(before[labels[case, place]]) / total))
    found = report_loss(torch.from_numpy(logits), torch.from_numpy(labels))
    assert float(found) == pytest.approx(np.mean(losses), abs=1e-10)


def test_positions_without_label_have_no_gradient():
    logits = torch.randn(2, 6, 9, requires_grad=True, generator=torch.Generator().manual_seed(0))
    labels = torch.full((2, 6), -100)
    labels[0, 3:5] = 1
    report_loss(logits, labels).backward()
    assert logits.grad is not None
    moved = logits.grad.abs().sum(-1) > 0
    assert moved.nonzero().tolist() == [[0, 2], [0, 3]]


def test_half_precision_logits_are_summed_in_full():
    logits = torch.randn(1, 50, 400, generator=torch.Generator().manual_seed(0)).bfloat16()
    labels = torch.randint(0, 400, (1, 50), generator=torch.Generator().manual_seed(0))
    found = report_loss(logits, labels)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(report_loss(logits.double(), labels)), abs=1e-5)


def test_a_large_language_model_is_built_without_memory():
    with torch.device("meta"):
        model = build_language(LanguageConfig(model="meta-llama/Llama-3.2-1B"))
        logits = model(inputs_embeds=torch.zeros(1, 3, 2048)).logits
    assert logits.shape == (1, 3, 128256)
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_235_814_400  # as published
    assert model.config._attn_implementation == "sdpa"


def test_an_attending_decoder_has_cross_attention_and_others_are_refused():
    with torch.device("meta"):
        model = build_language(LanguageConfig(model="gpt2", attends="image"))
    assert any("crossattention" in name for name, _ in model.named_modules())
    with torch.device("meta"):
        plain = build_language(LanguageConfig(model="gpt2"))
    assert not any("crossattention" in name for name, _ in plain.named_modules())
    with pytest.raises(BadInput) as refused, torch.device("meta"):
        build_language(LanguageConfig(model="meta-llama/Llama-3.2-1B", attends="image"))
    assert refused.value.code == "no-cross-attention"


def test_weights_come_back_from_a_folder_in_the_type_asked_for(tmp_path):
    model = twin("llama")
    model.save_pretrained(tmp_path)
    config = LanguageConfig(model="meta-llama/Llama-3.2-1B")
    loaded = load_language(config, source=tmp_path, dtype=torch.bfloat16)
    assert loaded.dtype == torch.bfloat16
    loaded = load_language(LanguageConfig(model=str(tmp_path)))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), loaded.parameters(), strict=True))
    assert loaded.generation_config.temperature is None


def test_cross_attention_is_added_to_a_decoder_published_without(tmp_path):
    twin("gpt2").save_pretrained(tmp_path)
    model = load_language(LanguageConfig(model=str(tmp_path), attends="image"))
    assert any("crossattention" in name for name, _ in model.named_parameters())


def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path):
    model = twin("llama")
    weights = {name: value for name, value in model.state_dict().items() if "layers.1" not in name}
    model.save_pretrained(tmp_path, state_dict=weights)
    with pytest.raises(BadInput) as refused:
        load_language(LanguageConfig(model=str(tmp_path)))
    assert refused.value.code == "incomplete-weights"
    assert "layers.1" in refused.value.message


def test_weights_of_another_shape_and_pickled_ones_are_refused_and_nothing_else_is_said(tmp_path, capfd):
    model = twin("llama")
    model.save_pretrained(tmp_path / "other")
    config = model.config
    config.hidden_size, config.num_attention_heads = 64, 8
    config.save_pretrained(tmp_path / "other")
    (tmp_path / "pickled").mkdir()
    config.save_pretrained(tmp_path / "pickled")
    torch.save({}, tmp_path / "pickled" / "pytorch_model.bin")
    capfd.readouterr()
    for folder, code in (("other", "incomplete-weights"), ("pickled", "unusable-weights")):
        with pytest.raises(BadInput) as refused:
            load_language(LanguageConfig(model=str(tmp_path / folder)))
        assert refused.value.code == code
        assert "\n" not in refused.value.message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("load", [load_language, load_tokenizer])
def test_what_is_not_there_is_said_in_one_line(load, tmp_path):
    for config, source in (
        (LanguageConfig(model="nobody/nothing"), None),
        (LanguageConfig(model="nobody/nothing"), tmp_path / "absent"),
        (LanguageConfig(model=str(tmp_path)), None),
    ):
        with pytest.raises(BadInput) as refused:
            load(config, source=source)
        assert refused.value.code in ("missing-weights", "unusable-weights")
        assert "\n" not in refused.value.message
        assert refused.value.hint


def test_few_bits_need_bitsandbytes(monkeypatch):
    monkeypatch.setattr(language, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as refused:
        load_language(LanguageConfig(model="nobody/nothing", quantization="4bit"))
    assert refused.value.code == "bitsandbytes-missing"
    with pytest.raises(ValidationError, match="cannot be trained"):
        LanguageConfig(model="gpt2", tuning="full", quantization="8bit")


def test_the_tokenizer_has_padding_and_end(tmp_path):
    words = tokenizer()
    assert words.pad_token_id is not None
    words.pad_token = None
    words.save_pretrained(tmp_path)
    loaded = load_tokenizer(LanguageConfig(model="ctscribe/tiny-gpt2"), source=tmp_path)
    assert loaded.pad_token_id == loaded.eos_token_id == words.eos_token_id


def test_random_weights_follow_the_callers_seed():
    config = LanguageConfig(model="ctscribe/tiny-gpt2")
    first, again = (torch.manual_seed(seed) and build_language(config) for seed in (3, 3))
    other = torch.manual_seed(4) and build_language(config)
    assert isinstance(first, AutoModelForCausalLM._model_mapping[type(first.config)])
    assert torch.equal(first.transformer.wte.weight, again.transformer.wte.weight)
    assert not torch.equal(first.transformer.wte.weight, other.transformer.wte.weight)
