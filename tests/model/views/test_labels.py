from __future__ import annotations

import numpy as np
import torch

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.model.views import build_views, finish_views, sample_views
from ctscribe.model.views.labels import Labels
from ctscribe.model.views.volume import Volume


def test_every_region_has_its_share_of_one(chest: Case) -> None:
    views = {"volume": Volume({}, size=chest.volume.shape)}
    views["labels"] = Labels(views, like="volume")
    samples = sample_views(views, chest)
    assert samples["labels"].dtype == torch.uint8
    finished = finish_views(views, {name: values[None] for name, values in samples.items()})["labels"]
    expected = np.zeros(chest.volume.shape)
    for number, region in enumerate(CHEST6, start=1):
        expected[chest.labelmap.region(region.key)] = number / 6
    assert finished.shape == (1, *views["labels"].shape)
    np.testing.assert_allclose(finished[0, 0], expected, atol=1e-6)


def test_lies_on_the_grid_of_its_volume(chest: Case) -> None:
    volume = {"type": "volume", "size": [30, 60, 60], "spacing": [8, 5, 5], "foreground_crop": True}
    views = build_views({"volume": volume, "labels": {"type": "labels", "like": "volume"}})
    samples = sample_views(views, chest)
    lung = samples["labels"] == 1
    hu = samples["volume"].float()
    assert hu[lung].median() < -800 and hu[samples["labels"] == 4].median() > 0
    assert views["labels"].voxels == (30, 60, 60)


def test_makes_no_label_between_two(chest: Case) -> None:
    views = {"volume": Volume({}, size=(10, 13, 17))}
    grid = views["volume"].sample(chest, {}).grid
    numbers = Labels(views, like="volume").sample(chest, {"volume": grid}).values
    assert set(numbers.unique().tolist()) <= {0, 1, 2, 4, 5, 6}  # the drawn chest has no mediastinum of its own


def test_finishes_without_memory() -> None:
    labels = Labels({"volume": Volume({}, size=(32, 256, 256))}, like="volume")
    finished = labels.finish(torch.empty(2, 32, 256, 256, dtype=torch.uint8, device="meta"))
    assert finished.shape == (2, *labels.shape) and finished.dtype == torch.float32
