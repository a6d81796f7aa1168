from __future__ import annotations

import numpy as np
import pytest
from data.phantom.canvases import atlas_canvas

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.disease.bronchial_tree import grown_airways, root_of
from ctscribe.data.phantom.disease.lungs import Lungs


@pytest.mark.parametrize("lobe", LOBES)
def test_airways_fork_inside_their_lobe(lobe: str) -> None:
    lungs = Lungs.of(atlas_canvas(), lobe)
    assert lungs is not None
    for seed in range(4):
        branches = grown_airways(lungs, np.random.default_rng(seed), lungs.lobes > 0, 3.0, forks=3)
        assert len(branches) > 4 and branches[0].tube.start == root_of(lungs)
        generations = [branch.generation for branch in branches]
        assert generations == sorted(generations) and generations[-1] >= 2
        for tube, generation in branches:
            end = tuple(round(p / step) for p, step in zip(tube.end, lungs.spacing, strict=True))
            assert lungs.lobes[end] > 0
            assert tube.last_radius < tube.radius <= 3.0 * 0.8**generation + 1e-9


def test_roots_lie_toward_the_middle() -> None:
    for lobe in LOBES:
        lungs = Lungs.of(atlas_canvas(), lobe)
        assert lungs is not None
        columns = np.nonzero(lungs.lobes)[2] * lungs.spacing[2]
        inner = root_of(lungs)[2] - columns.mean()
        assert (inner < 0) == lobe.endswith("_left")


def test_a_body_without_trachea_has_roots_too() -> None:
    canvas = atlas_canvas()
    canvas.labels[canvas.mask("trachea")] = 0
    lungs = Lungs.of(canvas, LOBES[1])
    assert lungs is not None and root_of(lungs)
