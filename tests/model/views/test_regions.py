from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctscribe.anatomy.taxonomy import CHEST6, Region, Taxonomy, load_taxonomy
from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.views.grids import view_grid
from ctscribe.model.views.regions import sample_regions


@pytest.mark.parametrize("name", ["chest6", "radgenome10", "amos3"])
def test_every_region_has_its_number(chest: Case, name: str) -> None:
    taxonomy = load_taxonomy(name)
    numbers = sample_regions(chest.labelmap, taxonomy, view_grid(chest.volume, chest.volume.shape, None, False))
    for number, region in enumerate(taxonomy, start=1):
        np.testing.assert_array_equal(numbers == number, chest.labelmap.region(region.key, taxonomy))


def test_a_class_of_two_regions_counts_for_the_first(noise: Case) -> None:
    regions = (Region("a", "A", ("heart", "aorta")), Region("b", "B", ("aorta", "trachea")))
    grid = view_grid(noise.volume, (7, 9, 11), None, False)
    numbers = sample_regions(noise.labelmap, Taxonomy("two", "", regions), grid)
    np.testing.assert_array_equal(numbers, np.array([0, 2, 1, 1])[noise.labelmap.labels])


def test_lobes_vote_together_for_their_lung(noise: Case) -> None:
    names = {1: "lung_upper_lobe_left", 2: "lung_lower_lobe_left", 3: "spleen"}
    labels = np.full((7, 9, 11), 3, dtype=np.uint8)  # 4 rows of spleen against 3 of one lobe and 2 of the other
    labels[:, :3], labels[:, 3:5] = 1, 2
    labelmap = replace(noise.labelmap, labels=labels, names=names)
    numbers = sample_regions(labelmap, CHEST6, view_grid(noise.volume, (7, 1, 11), None, False))
    assert (numbers == 1).all()


def test_a_scan_without_organs_is_refused(noise: Case) -> None:
    bare = replace(noise.labelmap, labels=np.zeros_like(noise.labelmap.labels))
    with pytest.raises(BadInput, match="the scan has no organ masks: none of the regions of chest-6 has a voxel"):
        sample_regions(bare, CHEST6, view_grid(noise.volume, (7, 9, 11), None, False))


def test_views_that_share_a_grid_share_the_regions(noise: Case) -> None:
    grid = view_grid(noise.volume, (7, 9, 11), None, False)
    first = sample_regions(noise.labelmap, CHEST6, grid)
    assert sample_regions(noise.labelmap, CHEST6, grid) is first
    assert sample_regions(replace(noise.labelmap), CHEST6, grid) is not first
    assert sample_regions(noise.labelmap, load_taxonomy("amos3"), grid) is not first
