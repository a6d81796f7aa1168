from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import attend, each_through, through

from ctscribe.errors import BadInput
from ctscribe.model.encoders.encoder import ENCODERS
from ctscribe.model.encoders.vit2e3 import SliceScore, ViT2E3
from ctscribe.model.encoders.vit3d import ViT3d
from ctscribe.model.features import Features, FeatureSpec

SHAPE, SLICES = (1, 4, 6, 6), FeatureSpec(channels=6, slots=5)
OPTIONS = {"patch": (2, 3, 3), "width": 8, "depth": 2, "heads": 2}


@pytest.fixture
def part() -> ViT2E3:
    torch.manual_seed(4)
    part = ViT2E3(SHAPE, SLICES, **OPTIONS).double()
    torch.nn.init.normal_(part.position)
    return part


@pytest.fixture
def view(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(rng.normal(size=(2, *SHAPE)))


@pytest.fixture
def slices(rng: np.random.Generator) -> Features:
    return Features(pooled=torch.from_numpy(rng.normal(size=(2, 5, 6))))


@pytest.mark.parametrize("heads", [1, 4])
def test_scores_equal_loops(heads: int, rng: np.random.Generator):
    scorer = SliceScore(8, 6, heads).double()
    patches, slices = rng.normal(size=(2, 3, 8)), rng.normal(size=(2, 5, 6))
    scores = scorer(torch.from_numpy(patches), torch.from_numpy(slices)).detach().numpy()
    for case in range(2):
        queries = each_through(patches[case], scorer.attention.query)
        seen = each_through(queries + attend(patches[case], slices[case], scorer.attention), scorer.norm)
        expected = [1 / (1 + np.exp(-through(row, scorer.score)[0])) for row in seen]
        np.testing.assert_allclose(scores[case], expected, rtol=0, atol=1e-5)


def test_patches_are_weighed_before_the_first_block(part: ViT2E3, view: torch.Tensor, slices: Features):
    seen = part(view, slices)
    embedded = part._embed(view, part.grid)
    assert slices.pooled is not None and seen.scores is not None
    torch.testing.assert_close(seen.scores, part.slice_score(embedded, slices.pooled))
    weighed = embedded.clone()
    for case, patch in np.ndindex(*seen.scores.shape):
        weighed[case, patch] *= seen.scores[case, patch]
    torch.testing.assert_close(seen.tokens, part._transform(weighed, part.grid).tokens)


def test_scores_of_one_make_it_a_plain_transformer(part: ViT2E3, view: torch.Tensor, slices: Features):
    torch.nn.init.zeros_(part.slice_score.score.weight)
    torch.nn.init.constant_(part.slice_score.score.bias, 50)  # sigmoid(50) = 1 in float64
    plain = ViT3d(SHAPE, None, **OPTIONS).double()
    plain.load_state_dict({k: v for k, v in part.state_dict().items() if not k.startswith("slice_score.")})
    seen, expected = part(view, slices), plain(view)
    torch.testing.assert_close(seen.tokens, expected.tokens)
    torch.testing.assert_close(seen.pooled, expected.pooled)


def test_scores_follow_the_slices_of_their_own_case(part: ViT2E3, view: torch.Tensor, slices: Features):
    assert slices.pooled is not None
    changed = slices.pooled.clone()
    changed[1, 3] += 1
    before, after = part(view, slices), part(view, Features(pooled=changed))
    torch.testing.assert_close(after.scores[0], before.scores[0])
    assert (after.scores[1] - before.scores[1]).abs().min() > 1e-6
    reordered = part(view, Features(pooled=slices.pooled.flip(1)))
    torch.testing.assert_close(reordered.scores, before.scores)


def test_scores_are_shares(part: ViT2E3, view: torch.Tensor, slices: Features):
    scores = part(view, slices).scores
    assert scores.shape == (2, part.spec(SHAPE).tokens) and scores.min() > 0 and scores.max() < 1


def test_every_parameter_learns(part: ViT2E3, view: torch.Tensor, slices: Features):
    seen = part(view, slices)
    (seen.tokens.pow(3).sum() + seen.pooled.pow(3).sum()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 1e-9 for p in part.parameters())


def test_real_size_without_memory():
    with torch.device("meta"):
        part = ENCODERS["vit2e3"]((1, 32, 256, 256), FeatureSpec(768, slots=32))
        seen = part(torch.zeros(1, 1, 32, 256, 256), Features(pooled=torch.zeros(1, 32, 768)))
    assert seen.tokens is not None and seen.tokens.shape == (1, 2048, 768)
    assert seen.scores is not None and seen.scores.shape == (1, 2048)


def test_takes_every_option_of_the_plain_transformer():
    given = {"patch": [2, 3, 3], "width": 8, "depth": 2, "heads": 2, "mlp_ratio": 2, "qkv_bias": True, "cls": False}
    options = ENCODERS.options("vit2e3", {**given, "layers": [2], "pooled": "mean"}, "encoders.local")
    part, plain = ViT2E3(SHAPE, SLICES, **options), ViT3d(SHAPE, None, **options)
    shapes = {name: tensor.shape for name, tensor in part.state_dict().items()}
    assert {name: tensor.shape for name, tensor in plain.state_dict().items()}.items() <= shapes.items()
    assert part.spec(SHAPE) == plain.spec(SHAPE)


@pytest.mark.parametrize("context", [None, FeatureSpec(6, grid=(1, 2, 2))])
def test_refuses_to_go_without_slices(context: FeatureSpec | None, part: ViT2E3, view: torch.Tensor):
    with pytest.raises(BadInput, match="has none"):
        ViT2E3(SHAPE, context, **OPTIONS)
    with pytest.raises(BadInput, match="with every view"):
        part(view)


def test_refuses_heads_that_do_not_divide():
    with pytest.raises(BadInput, match="3 score_heads"):
        ViT2E3(SHAPE, SLICES, **OPTIONS, score_heads=3)
