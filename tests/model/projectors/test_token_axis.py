from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import each_through
from projector_cases import close, every_parameter_learns, patch_features

from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.projector import PROJECTORS
from ctscribe.model.projectors.token_axis import TokenAxis


@pytest.mark.parametrize("depth", [1, 3])
def test_channels_first_then_tokens(rng, depth):
    spec, features = patch_features(rng, (1, 2, 4), 3)
    part = TokenAxis((spec,), 5, None, tokens=6, depth=depth).double()
    assert features.tokens is not None
    cases = []
    for case in features.tokens.numpy():
        projected = each_through(case, part.channels)  # (8, 5)
        cases.append(each_through(projected.T, part.mixing).T)  # every channel's 8 numbers become 6
    close(part(features), np.stack(cases))
    every_parameter_learns(part, part(features))


def test_every_token_sees_every_patch(rng):
    spec, features = patch_features(rng, (1, 2, 4), 3)
    part = TokenAxis((spec,), 5, None, tokens=6).double()
    assert features.tokens is not None
    before = part(features).values
    features.tokens[:, 7] += 1
    assert (part(features).values != before).any(dim=2).all()


def test_2048_patches_become_256_tokens():
    with torch.device("meta"):
        spec = FeatureSpec(768, (8, 16, 16))
        part = PROJECTORS["token_axis"]((spec,), 3072, None)
        seen = part(Features(spec.grid, tokens=torch.zeros(2, 2048, 768)))
    assert part.token_counts() == {"mixed": 256}
    assert seen.values.shape == (2, 256, 3072)
    mixing = (2048 * 256 + 256) + 2 * (256 * 256 + 256)
    assert sum(p.numel() for p in part.parameters()) == 768 * 3072 + 3072 + mixing
