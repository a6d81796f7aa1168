"""Tuning: a step changes exactly what is said to be trained, on every architecture."""

from __future__ import annotations

import pytest
import torch
from language_twins import WIDTH, twin

from ctscribe.errors import BadInput
from ctscribe.model.language import LanguageConfig, LoraOptions, build_language, report_loss
from ctscribe.model.tuning import apply_tuning, trainable_names

KINDS = ("llama", "phi3", "gpt2", "gpt2-attending")


def _config(tuning, **options):
    return LanguageConfig(model="a twin", tuning=tuning, **options)


def _step(model):
    """A few steps on one random text; names of the parameters that changed, and the losses."""
    dice = torch.Generator().manual_seed(0)
    given = {"inputs_embeds": torch.randn(2, 6, WIDTH, generator=dice)}
    if any("crossattention" in name for name, _ in model.named_modules()):
        given["encoder_hidden_states"] = torch.randn(2, 3, WIDTH, generator=dice)
    labels = torch.randint(3, 1000, (2, 6), generator=dice)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = report_loss(model(**given).logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    changed = tuple(name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name]))
    return changed, losses


@pytest.mark.parametrize("tuning", ["lora", "dora", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_changes_exactly_what_is_trained(kind, tuning):
    model = apply_tuning(twin(kind), _config(tuning, lora=LoraOptions(dropout=0.0)))
    given = tuple(name for name in trainable_names(model) if "wte" not in name and "embed_tokens" not in name)
    changed, losses = _step(model)
    # Embeddings of words are not read where the prompt is made of embeddings; where tied, the head trains them.
    assert tuple(name for name in changed if "wte" not in name and "embed_tokens" not in name) == given
    assert losses[-1] < losses[0]
    if tuning == "full":
        assert len(trainable_names(model)) == len(list(model.parameters()))
    else:
        assert all("lora_" in name for name in changed)
        assert ("magnitude" in " ".join(changed)) == (tuning == "dora")


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_trains_nothing_or_what_is_named(kind):
    assert trainable_names(apply_tuning(twin(kind), _config("frozen"))) == ()
    model = apply_tuning(twin(kind), _config("frozen", trained=("head",)))
    changed, losses = _step(model)
    assert len(changed) == 1
    assert changed == trainable_names(model)
    assert losses[-1] < losses[0]


def test_embeddings_and_head_are_trained_beside_frozen_layers_and_beside_adapters():
    names = {"model.embed_tokens.weight", "lm_head.weight"}
    model = apply_tuning(twin("llama"), _config("frozen", trained=("embeddings", "head")))
    assert set(trainable_names(model)) == names
    model = apply_tuning(twin("llama"), _config("lora", trained=("embeddings", "lm_head", "layers.1.mlp")))
    plain = {name.removeprefix("base_model.model.") for name in trainable_names(model) if "lora_" not in name}
    assert names < plain
    assert {name for name in plain if ".mlp." in name} == {
        f"model.layers.1.mlp.{part}_proj.base_layer.weight" for part in ("gate", "up", "down")
    }


def test_new_adapters_change_nothing_yet():
    embeds = torch.randn(1, 5, WIDTH, generator=torch.Generator().manual_seed(0))
    for kind in KINDS[:3]:
        expected = twin(kind)(inputs_embeds=embeds).logits
        for tuning in ("lora", "dora"):
            found = apply_tuning(twin(kind), _config(tuning)).eval()(inputs_embeds=embeds).logits
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_adapters_are_where_they_are_wanted():
    model = apply_tuning(twin("llama"), _config("lora", lora=LoraOptions(targets=("q_proj", "v_proj"))))
    assert {name.split(".")[-4] for name in trainable_names(model)} == {"q_proj", "v_proj"}
    everywhere = trainable_names(apply_tuning(twin("llama"), _config("lora")))
    assert len(everywhere) == 2 * 2 * 7  # A and B, two layers, seven linear maps each
    chosen = trainable_names(apply_tuning(twin("llama"), _config("lora", lora=LoraOptions(targets=None))))
    assert 0 < len(chosen) < len(everywhere)


def test_wrong_names_are_refused():
    for config, code in (
        (_config("frozen", trained=("lm_haed",)), "unknown-module"),
        (_config("lora", lora=LoraOptions(targets=("nowhere",))), "unknown-adapter-target"),
    ):
        with pytest.raises(BadInput) as refused:
            apply_tuning(twin("llama"), config)
        assert refused.value.code == code
        assert "\n" not in refused.value.message
    with pytest.raises(BadInput) as refused:
        apply_tuning(twin("llama"), _config("frozen", trained=("lm_haed",)))
    assert refused.value.hint == "did you mean 'lm_head'?"


@pytest.mark.parametrize(
    ("name", "tuning"),
    [("gpt2", "dora"), ("gpt2", "full"), ("gpt2", "frozen"), ("microsoft/Phi-4-mini-instruct", "lora")],
)
def test_large_models_are_tuned_without_memory(name, tuning):
    config = LanguageConfig(model=name, tuning=tuning, lora=LoraOptions(r=16))
    with torch.device("meta"):
        model = apply_tuning(build_language(config), config)
        width = model.get_input_embeddings().weight.shape[1]
        assert model(inputs_embeds=torch.zeros(1, 2, width)).logits.is_meta
    assert all(parameter.is_meta for parameter in model.parameters())
    if name.endswith("Phi-4-mini-instruct") and tuning == "lora":
        pairs = ((3072, 5120), (3072, 3072), (3072, 16384), (8192, 3072))  # qkv, out, gate and up, down
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        assert trained == 32 * sum(16 * (a + b) for a, b in pairs)
