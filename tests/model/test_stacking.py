import numpy as np
import pytest
import torch

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.stacking import separate, separate_spec, stack, stacked_spec


def features(rng: np.random.Generator) -> Features:
    """Of two cases, three volumes each."""

    def tokens(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=shape))

    return Features((2, 1, 2), tokens(6, 4, 5), {3: tokens(6, 4, 5)}, tokens(6, 1, 5), tokens(6, 4))


def test_stacked_volume_after_volume(rng):
    apart = features(rng)
    together = stack(apart, 3)
    assert together.grid == (6, 1, 2)
    for before, after in [
        (apart.tokens, together.tokens),
        (apart.layers[3], together.layers[3]),
        (apart.pooled, together.pooled),
        (apart.scores, together.scores),
    ]:
        assert before is not None and after is not None
        for case in range(2):
            torch.testing.assert_close(after[case], torch.cat(list(before[3 * case : 3 * case + 3])))


def test_separated_again(rng):
    apart = features(rng)
    again = separate(stack(apart, 3), 3)
    assert again.grid == apart.grid
    assert again.tokens is not None and apart.tokens is not None and torch.equal(again.tokens, apart.tokens)
    assert again.scores is not None and apart.scores is not None and torch.equal(again.scores, apart.scores)


def test_what_is_not_there_stays_away(rng):
    pooled = Features(pooled=torch.from_numpy(rng.normal(size=(6, 1, 5))))
    together = stack(pooled, 3)
    assert together.grid is None and together.tokens is None and together.scores is None


def test_the_spec_says_what_the_features_are():
    one = FeatureSpec(5, (2, 1, 2), (3,), 1)
    together = stacked_spec(one, 3)
    assert together == FeatureSpec(5, (6, 1, 2), (3,), 3)
    assert separate_spec(together, 3) == one
    assert stacked_spec(FeatureSpec(5, slots=1), 3) == FeatureSpec(5, slots=3)


@pytest.mark.parametrize("together", [FeatureSpec(5, (7, 1, 2)), FeatureSpec(5, slots=2)])
def test_other_numbers_of_volumes_are_refused(together):
    with pytest.raises(BadInput, match="not those of 3 volumes"):
        separate_spec(together, 3)
