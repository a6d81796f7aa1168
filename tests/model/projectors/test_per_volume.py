from __future__ import annotations

import numpy as np
import pytest
import torch
from projector_cases import every_parameter_learns, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors import PROJECTORS
from ctscribe.model.projectors.per_volume import PerVolume

GRID, CHANNELS, WIDTH = (6, 2, 2), 3, 5  # three volumes of two layers
TOKEN_AXIS = {"type": "token_axis", "tokens": 4}


def per_volume(specs: tuple[FeatureSpec, ...], volumes: int = 3) -> PerVolume:
    torch.manual_seed(3)
    return PerVolume(specs, WIDTH, None, projector=TOKEN_AXIS, volumes=volumes).double()


def test_every_stacked_volume_as_if_alone(rng: np.random.Generator):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = per_volume((spec,))
    assert features.tokens is not None
    alone = [part.projector(Features((2, 2, 2), tokens=features.tokens[:, i : i + 8])).values for i in (0, 8, 16)]
    torch.testing.assert_close(part(features).values, torch.cat(alone, dim=1))
    assert part(features).valid.all()
    assert part.token_counts() == {"mixed": 12}
    every_parameter_learns(part, part(features))


def test_a_volume_does_not_see_another(rng: np.random.Generator):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = per_volume((spec,))
    assert features.tokens is not None
    before = part(features).values
    features.tokens[:, 9] += 1  # in the second volume
    changed = (part(features).values != before).any(dim=2)
    assert changed[:, 4:8].all() and not changed[:, :4].any() and not changed[:, 8:].any()


def test_several_sources_share_the_projector(rng: np.random.Generator):
    (spec, scan), (_, labels) = patch_features(rng, GRID, CHANNELS), patch_features(rng, GRID, CHANNELS)
    part = per_volume((spec, spec), volumes=1)
    apart = [part.projector(scan).values, part.projector(labels).values]
    torch.testing.assert_close(part(scan, labels).values, torch.cat(apart, dim=1))
    assert part.token_counts() == {"mixed": 8}


def test_what_does_not_fit_is_refused():
    spec = FeatureSpec(CHANNELS, GRID)
    with pytest.raises(BadInput, match="not those of 4 volumes"):
        per_volume((spec,), volumes=4)
    with pytest.raises(BadInput, match="its sources differ"):
        per_volume((spec, FeatureSpec(CHANNELS, (3, 2, 2))))
    with pytest.raises(BadInput) as error:
        PerVolume((spec,), WIDTH, None, projector={"type": "token_axis", "token": 4})
    assert error.value.message == "per_volume.projector.token: no such key"
    assert error.value.hint == "did you mean 'tokens'?"


def test_anyres_of_nine_volumes():
    with torch.device("meta"):
        spec = FeatureSpec(768, (9 * 8, 16, 16))
        options = PROJECTORS.options(
            "per_volume", {"volumes": 9, "projector": {"type": "spatial_pooling"}}, "projector"
        )
        part = PROJECTORS["per_volume"]((spec,), 3072, None, **options)
        seen = part(Features(spec.grid, tokens=torch.zeros(1, spec.tokens, 768)))
    assert part.token_counts() == {"boxes": 2304}
    assert seen.values.shape == (1, 2304, 3072)
