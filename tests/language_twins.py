"""Language models of the public architectures with random weights and a few thousand parameters, for tests."""

from __future__ import annotations

import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    Phi3Config,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ctscribe.model.language import LanguageConfig, load_tokenizer

WIDTH = 32
_TOKENS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def tokenizer() -> PreTrainedTokenizerBase:
    """The tokenizer that comes with the package."""
    return load_tokenizer(LanguageConfig(model="ctscribe/tiny-llama"))


def _shape(kind: str) -> PretrainedConfig:
    vocabulary = len(tokenizer())
    llama = {"hidden_size": WIDTH, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    llama |= {"max_position_embeddings": 1024, "vocab_size": vocabulary, "num_key_value_heads": 2, **_TOKENS}
    if kind == "llama":
        return LlamaConfig(**llama)
    if kind == "phi3":
        return Phi3Config(**llama)
    gpt2 = {"n_embd": WIDTH, "n_layer": 2, "n_head": 4, "n_positions": 1024, "vocab_size": vocabulary, **_TOKENS}
    return GPT2Config(**gpt2, add_cross_attention=kind == "gpt2-attending")


def twin(kind: str, seed: int = 0) -> PreTrainedModel:
    """A random ``llama``, ``phi3``, ``gpt2`` or ``gpt2-attending``; its weights are large, so that its words vary."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(_shape(kind), attn_implementation="sdpa", dtype=torch.float32)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.4)
    return model.eval()


def prompts(lengths: tuple[int, ...], seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Random prompts of different lengths, padded on the left with noise, and where they are."""
    dice = torch.Generator().manual_seed(seed)
    longest = max(lengths)
    embeds = torch.randn(len(lengths), longest, WIDTH, generator=dice)
    attention = torch.arange(longest) >= longest - torch.tensor(lengths)[:, None]
    return embeds, attention
