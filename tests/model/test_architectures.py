from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM

from ctscribe.errors import BadInput
from ctscribe.model.architectures import architecture, architecture_names

# As their publishers count them; a tied output layer counts once.
LANGUAGE = {
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "meta-llama/Llama-3.2-3B": 3_212_749_824,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
    "meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248,
    "meta-llama/Meta-Llama-3-8B-Instruct": 8_030_261_248,
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": 8_030_261_248,
    "meta-llama/Llama-2-7b-chat-hf": 6_738_415_616,
    "microsoft/Phi-4-mini-instruct": 3_836_021_760,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "distilgpt2": 81_912_576,
}
ENCODERS = {
    "bert-base-uncased": 109_482_240,
    "microsoft/BiomedVLP-CXR-BERT-specialized": 109_482_240,
    "google/siglip-so400m-patch14-384": 428_225_600,
    "google/medsiglip-448": 428_225_600 + (32**2 - 27**2) * 1152,  # as above, with more positions
    "google/siglip-base-patch16-224": 92_884_224,
    "openai/clip-vit-large-patch14-336": 304_293_888 - 1024 * 768,  # without the projection
    "openai/clip-vit-base-patch16": 86_192_640 - 768 * 512,
}


@pytest.mark.parametrize(("name", "published"), [*LANGUAGE.items(), *ENCODERS.items()])
def test_parameters_are_as_many_as_published(name: str, published: int):
    with torch.device("meta"):
        network = (AutoModelForCausalLM if name in LANGUAGE else AutoModel).from_config(architecture(name))
    assert sum(parameter.numel() for parameter in network.parameters()) == published


@pytest.mark.parametrize("name", architecture_names())
def test_heads_divide_the_width(name: str):
    config = architecture(name)
    assert config.hidden_size % config.num_attention_heads == 0
    assert name.startswith("ctscribe/") or config.hidden_size >= 576


@pytest.mark.parametrize("name", ["ctscribe/tiny-llama", "ctscribe/tiny-gpt2"])
def test_tiny_languages_share_sizes(name: str):
    config = architecture(name)
    assert (config.hidden_size, config.num_hidden_layers, config.vocab_size) == (128, 4, 1024)
    assert config.max_position_embeddings == 2048 and config.tie_word_embeddings


def test_positions_of_the_longest_context():
    rope = architecture("microsoft/Phi-4-mini-instruct").rope_parameters
    assert len(rope["short_factor"]) == len(rope["long_factor"]) == 128 * 0.75 / 2
    assert architecture("meta-llama/Llama-3.2-1B").rope_parameters["factor"] == 32
    assert architecture("meta-llama/Llama-3.1-8B").rope_parameters["factor"] == 8


def test_every_call_gives_a_configuration_of_its_own():
    architecture("gpt2").n_layer = 1
    architecture("meta-llama/Llama-3.2-1B").rope_parameters["factor"] = 1.0
    assert architecture("gpt2").n_layer == 12
    assert architecture("meta-llama/Llama-3.2-1B").rope_parameters["factor"] == 32


def test_reads_a_folder(tmp_path: Path):
    architecture("ctscribe/tiny-vit").save_pretrained(tmp_path)
    assert architecture(str(tmp_path)).to_dict() == architecture("ctscribe/tiny-vit").to_dict()


def test_names_the_nearest():
    with pytest.raises(BadInput, match="no architecture 'google/medsiglip'") as refused:
        architecture("google/medsiglip")
    assert "google/medsiglip-448" in str(refused.value.hint) and "config.json" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not a configuration in JSON"),
        ("[1]", "not a configuration in JSON"),
        ("{}", "transformers has no 'None'"),
        ('{"model_type": "cxr-bert"}', "transformers has no 'cxr-bert'"),
        ('{"model_type": ["llama"]}', "transformers has no"),
        ('{"model_type": "llama", "hidden_size": "wide"}', "not a llama: .*hidden_size"),
        ('{"model_type": "llama", "hidden_size": 100, "num_attention_heads": 3}', "not a llama: .*multiple"),
    ],
)
def test_refuses_a_folder_that_is_none(tmp_path: Path, content: str, words: str):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(BadInput, match=words) as refused:
        architecture(str(tmp_path))
    assert refused.value.code == "unknown-architecture" and "\n" not in refused.value.message
