from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from transformers import BertConfig, PreTrainedTokenizerFast

from ctscribe.errors import BadInput
from ctscribe.model.contrastive import ConsistentModel, ContrastiveModel, similarity
from ctscribe.model.contrastive_loss import semantic_consistency
from ctscribe.model.encoders.encoder import Encoder
from ctscribe.model.encoders.vit2e3 import ViT2E3
from ctscribe.model.encoders.vit3d import ViT3d
from ctscribe.model.features import Features, FeatureSpec

SHAPE, LATENT, BATCH = (1, 4, 8, 8), 6, 3
SLICES = FeatureSpec(8, slots=5)
TINY = {"patch": (2, 4, 4), "width": 8, "depth": 2, "heads": 2}
TEXT = BertConfig(
    vocab_size=12,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=16,
)
WORDS = ["[PAD]", "[CLS]", "[UNK]", "is", "not", "present", ".", "Emphysema", "Lung", "nodule"]


def model(seed: int = 3, **options) -> ContrastiveModel:
    torch.manual_seed(seed)
    return ContrastiveModel(ViT3d(SHAPE, None, **TINY), SHAPE, TEXT, dim=LATENT, **options).double().eval()


def second_stage() -> ContrastiveModel:
    torch.manual_seed(4)
    return ContrastiveModel(ViT2E3(SHAPE, SLICES, **TINY), SHAPE, TEXT, dim=LATENT).double().eval()


@pytest.fixture
def batch(rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    ids = torch.from_numpy(rng.integers(1, 12, size=(BATCH, 7)))
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    return torch.from_numpy(rng.normal(size=(BATCH, *SHAPE))), ids, mask


@pytest.fixture
def slices(rng: np.random.Generator) -> Features:
    return Features(pooled=torch.from_numpy(rng.normal(size=(BATCH, 5, 8))))


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]")


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / math.sqrt(sum(vector**2))


def weights(layer: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach().numpy(), layer.bias.detach().numpy()


def test_embeddings_are_projected_cls_tokens_of_length_one(batch):
    view, ids, mask = batch
    part = model()
    pooled = part.encoder(view).pooled[:, 0].detach().numpy()
    states = part.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0].detach().numpy()
    for seen, cls, layer in [
        (part.embed_image(view), pooled, part.image_projection),
        (part.embed_text(ids, mask), states, part.text_projection),
    ]:
        weight, bias = weights(layer)
        expected = [unit(np.array([sum(row * token) for row in weight]) + bias) for token in cls]
        np.testing.assert_allclose(seen.detach().numpy(), expected, rtol=0, atol=1e-5)


def test_masked_words_do_not_matter(batch):
    _, ids, mask = batch
    part = model()
    other = torch.where(mask == 0, 7, ids)
    torch.testing.assert_close(part.embed_text(other, mask), part.embed_text(ids, mask))


def test_an_unprojected_latent_stays_as_it_is(batch):
    part = ContrastiveModel(
        ViT3d(SHAPE, None, **TINY), SHAPE, TEXT, dim=8, project_image=False, bias=False
    ).double().eval()  # fmt: skip
    pooled = part.encoder(batch[0]).pooled[:, 0]
    torch.testing.assert_close(part.embed_image(batch[0]), pooled / pooled.norm(dim=-1, keepdim=True))
    assert [name for name, _ in part.named_parameters() if "projection" in name] == ["text_projection.weight"]


@pytest.mark.parametrize(("as_published", "scale"), [(False, 1 / 0.07), (True, math.log(1 / 0.07))])
def test_the_loss_of_a_batch(batch, as_published, scale):
    part = model(as_published=as_published)
    images, texts = part.embed_image(batch[0]).detach().numpy(), part.embed_text(*batch[1:]).detach().numpy()
    logits = scale * np.array([[sum(image * text) for text in texts] for image in images])
    loss = 0.0
    for i in range(BATCH):
        loss -= math.log(math.exp(logits[i, i]) / sum(np.exp(logits[i])))
        loss -= math.log(math.exp(logits[i, i]) / sum(np.exp(logits[:, i])))
    assert part(*batch).item() == pytest.approx(loss / (2 * BATCH), abs=1e-5)


def test_every_parameter_learns(batch):
    part = model()
    part(*batch).backward()
    for name, parameter in part.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("form", ["diagonal", "matrix"])
def test_stage_2_adds_what_its_similarities_moved(batch, slices, form):
    part = ConsistentModel(model(), second_stage(), form=form)
    with torch.no_grad():
        earlier = part.stage1.embed_image(batch[0]), part.stage1.embed_text(*batch[1:])
        later = part.stage2.embed_image(batch[0], slices), part.stage2.embed_text(*batch[1:])
        moved = semantic_consistency(earlier, later, part.stage2.scale, form)
        own = part.stage2(*batch, slices)
        assert moved > 0
        torch.testing.assert_close(part(*batch, slices), own + 0.1 * moved)
        torch.testing.assert_close(part(*batch, slices, step=4000), own + 0.02 * moved)
        torch.testing.assert_close(part(*batch, slices, step=6000), own)


def test_stage_2_with_the_first_pair_again_is_plain_info_nce(batch):
    first = model()
    part = ConsistentModel(model(), first)
    torch.testing.assert_close(part(*batch), first(*batch))


def test_stage_2_trains_only_the_second_pair(batch, slices):
    part = ConsistentModel(model(), second_stage()).train()
    assert part.stage2.training and not part.stage1.training and not part.stage1.text_encoder.training
    part(*batch, slices).backward()
    for name, parameter in part.named_parameters():
        assert (parameter.grad is not None) is name.startswith("stage2."), name
        assert parameter.requires_grad is name.startswith("stage2."), name


def test_zero_shot_asks_for_presence_and_absence(batch, tokenizer):
    part = model()
    images = part.embed_image(batch[0])
    seen = part.zero_shot(images, tokenizer, ["Emphysema", "Lung nodule"])
    for column, finding in enumerate([[7], [8, 9]]):
        present = part.embed_text(*_alone([1, *finding, 3, 5, 6]))[0]
        absent = part.embed_text(*_alone([1, *finding, 3, 4, 5, 6]))[0]
        for row, image in enumerate(images):
            yes, no = (math.exp(part.scale.item() * image.dot(text).item()) for text in (present, absent))
            assert seen[row, column].item() == pytest.approx(yes / (yes + no), abs=1e-5)


def _alone(ids: list[int]) -> tuple[Tensor, Tensor]:
    return torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64)


def test_similarity_of_every_pair():
    images, texts = torch.tensor([[1.0, 0.0], [0.6, 0.8]]), torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]])
    torch.testing.assert_close(similarity(images, texts), torch.tensor([[0.0, 1.0, 0.6], [0.8, 0.6, 1.0]]))


class NoEmbedding(Encoder):
    def spec(self, shape: tuple[int, ...]) -> FeatureSpec:
        return FeatureSpec(8, (2, 2, 2))


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="needs one embedding of a view, not 0"):
        ContrastiveModel(NoEmbedding(), SHAPE, TEXT)
    with pytest.raises(BadInput, match="width 8 is not in a shared space of 512"):
        ContrastiveModel(ViT3d(SHAPE, None, **TINY), SHAPE, TEXT, project_image=False)


def test_real_size_without_memory():
    with torch.device("meta"):
        shape = (1, 32, 256, 256)
        part = ContrastiveModel(ViT3d(shape, None), shape, BertConfig())
        assert part.embed_image(torch.zeros(2, *shape)).shape == (2, 512)
    assert part.text_projection.weight.shape == (512, 768)
    assert sum(p.numel() for p in part.text_encoder.parameters()) == 108_891_648  # BERT-base without its pooler
