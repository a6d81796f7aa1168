from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel, ViTForImageClassification

from ctscribe.errors import BadInput
from ctscribe.model.architectures import architecture
from ctscribe.model.encoders.image_tower import build_tower, hidden_layers, load_tower

VISION = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12}
VISION |= {"patch_size": 4, "image_size": 8}
TEXT = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12}
TEXT |= {"vocab_size": 9, "max_position_embeddings": 4, "bos_token_id": 1, "eos_token_id": 2}


@pytest.mark.parametrize(
    ("whole", "pooled"), [("clip", "cls"), ("clip", "mean"), ("siglip", "head"), ("siglip", "mean")]
)
def test_the_tower_of_a_whole_model_sees_as_it_does(whole: str, pooled: str, tmp_path: Path):
    config, network = (CLIPConfig, CLIPModel) if whole == "clip" else (SiglipConfig, SiglipModel)
    model = network(config(text_config=TEXT, vision_config=VISION)).eval()
    model.save_pretrained(tmp_path)
    tower = build_tower(str(tmp_path), pooled)
    load_tower(tower, tmp_path)
    image = torch.randn(2, 3, 8, 8)
    seen, expected = tower(image), model.vision_model(image)
    torch.testing.assert_close(seen.last_hidden_state, expected.last_hidden_state)
    if pooled != "mean":
        torch.testing.assert_close(seen.pooler_output, expected.pooler_output)


def test_a_classifiers_vit_sees_as_it_does(tmp_path: Path):
    config = architecture("ctscribe/tiny-vit")
    config.update(VISION)
    model = ViTForImageClassification(config).eval()
    model.save_pretrained(tmp_path)
    tower = build_tower(str(tmp_path), "cls")
    load_tower(tower, tmp_path)
    image = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(tower(image).last_hidden_state, model.vit(image).last_hidden_state)


def test_what_is_not_pooled_is_not_built():
    def count(name: str, pooled: str) -> int:
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in build_tower(name, pooled).parameters())

    assert count("google/siglip-so400m-patch14-384", "head") == 428_225_600
    assert count("google/siglip-so400m-patch14-384", "mean") < 428_225_600 - 15_000_000
    # timm's ViT-B/16 without a classifier.
    assert count("microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224", "cls") == 85_798_656


def test_refuses_other_kinds():
    with pytest.raises(BadInput, match="a gpt2 is no SigLIP"):
        build_tower("gpt2", "mean")
    with pytest.raises(BadInput, match="cannot pool by 'cls'") as refused:
        build_tower("ctscribe/tiny-siglip", "cls")
    assert refused.value.hint == "pooled: mean or head"
    with pytest.raises(BadInput, match="cannot pool by 'head'"):
        build_tower("ctscribe/tiny-vit", "head")


def test_refuses_the_weights_of_another_tower(tmp_path: Path):
    build_tower("ctscribe/tiny-siglip", "mean").save_pretrained(tmp_path)
    with pytest.raises(BadInput, match="another architecture"):
        load_tower(build_tower("ctscribe/tiny-vit", "mean"), tmp_path)


@pytest.mark.parametrize("name", ["ctscribe/tiny-siglip", "ctscribe/tiny-vit"])
def test_stops_watching_when_done(name: str):
    tower = build_tower(name, "mean")
    with hidden_layers(tower, (1, 4)) as hidden:
        tower(torch.zeros(1, 3, 64, 64))
    assert sorted(hidden) == [1, 4]
    with pytest.raises(RuntimeError), hidden_layers(tower, (1,)):
        raise RuntimeError
    assert not any(module._forward_hooks for module in tower.modules())
