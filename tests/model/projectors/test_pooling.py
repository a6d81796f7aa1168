from __future__ import annotations

import numpy as np
import pytest
import torch
from layer_references import each_through
from projector_cases import close, every_parameter_learns, patch_features

from ctscribe.errors import BadInput
from ctscribe.model.features import Features, FeatureSpec
from ctscribe.model.projectors.pooling import SequencePooling, SlicePooling, SpatialPooling
from ctscribe.model.projectors.projector import PROJECTORS

GRID, CHANNELS, WIDTH = (4, 4, 6), 3, 5
M3D = FeatureSpec(768, (8, 16, 16))


def boxes(tokens: np.ndarray, kernel: tuple[int, int, int]) -> np.ndarray:
    """Means of the boxes, by the patches' own coordinates."""
    (depth, height, width), (d, h, w) = GRID, kernel
    means = np.zeros((depth // d, height // h, width // w, tokens.shape[1]))
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                means[z // d, y // h, x // w] += tokens[(z * height + y) * width + x] / (d * h * w)
    return means.reshape(-1, tokens.shape[1])


@pytest.mark.parametrize("kernel", [(2, 2, 2), (1, 2, 3), (2, 1, 6), (1, 1, 1)])
def test_spatial_pooling_box_by_box(rng, kernel):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = SpatialPooling((spec,), WIDTH, None, kernel=kernel).double()
    assert features.tokens is not None
    cases = [each_through(boxes(case, kernel), part.layers) for case in features.tokens.numpy()]
    close(part(features), np.stack(cases))
    every_parameter_learns(part, part(features))


def test_sequence_pooling_run_by_run(rng):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = SequencePooling((spec,), WIDTH, None, tokens=12).double()
    assert features.tokens is not None
    cases = []
    for case in features.tokens.numpy():
        runs = np.array([sum(case[8 * run + i] for i in range(8)) / 8 for run in range(12)])
        cases.append(each_through(runs, part.layers))
    close(part(features), np.stack(cases))
    every_parameter_learns(part, part(features))


def test_a_slice_is_pooled_by_itself(rng):
    spec, features = patch_features(rng, GRID, CHANNELS)
    part = SlicePooling((spec,), WIDTH, None, kernel=2).double()
    assert features.tokens is not None
    before = part(features).values
    cases = [each_through(boxes(case, (1, 2, 2)), part.layers) for case in features.tokens.numpy()]
    close(before, np.stack(cases))
    features.tokens[:, :24] += 1  # the first slice
    changed = (part(features).values != before).any(dim=2)
    assert changed[:, :6].all() and not changed[:, 6:].any()
    every_parameter_learns(part, part(features))


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("spatial_pooling", {}, 256),
        ("spatial_pooling", {"kernel": [1, 4, 4]}, 128),
        ("slice_pooling", {"kernel": 4}, 128),
        ("sequence_pooling", {}, 256),
        ("sequence_pooling", {"tokens": 32}, 32),
    ],
)
def test_token_counts_of_the_papers(name, options, count):
    with torch.device("meta"):
        part = PROJECTORS[name]((M3D,), 3072, None, **PROJECTORS.options(name, options, "projector"))
        seen = part(Features(M3D.grid, tokens=torch.zeros(2, 2048, 768)))
    assert list(part.token_counts().values()) == [count]
    assert seen.values.shape == (2, count, 3072)


def test_what_does_not_divide_is_refused():
    with pytest.raises(BadInput, match=r"4×4×6 cannot be divided by 2×3×2"):
        SpatialPooling((FeatureSpec(3, GRID),), WIDTH, None, kernel=(2, 3, 2))
    with pytest.raises(BadInput, match="96 patches do not fall into 7 equal runs"):
        SequencePooling((FeatureSpec(3, GRID),), WIDTH, None, tokens=7)
    with pytest.raises(BadInput, match=r"sequence_pooling\.tokens: it must be at least 1"):
        SequencePooling((FeatureSpec(3, GRID),), WIDTH, None, tokens=0)
