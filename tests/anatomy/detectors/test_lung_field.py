"""The lungs' working grid: closed over what was cut out, and true to the scan's own grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from inserted import distance_from
from phantoms import chest_phantom

from ctscribe.anatomy.detectors.lung_field import lung_field

PLEURAL = (-118.0, 40.0, 10.0)


def test_a_mass_cut_out_of_the_lung_is_inside_the_hull() -> None:
    volume, labelmap = chest_phantom(shape=(100, 107, 134), spacing=(3.0, 3.0, 3.0))
    mass = (distance_from(volume, PLEURAL) <= 15) & labelmap.region("lung")
    labels = labelmap.labels.copy()
    labels[mass] = 0
    field = lung_field(volume, replace(labelmap, labels=labels), 2.0)
    assert field is not None
    inside = field.sampled(mass)
    assert (inside & field.lungs).sum() < 0.2 * inside.sum()
    assert (inside & field.hull).sum() > 0.9 * inside.sum()


def test_other_organs_stay_outside_the_hull() -> None:
    volume, labelmap = chest_phantom()
    field = lung_field(volume, labelmap, 2.0)
    assert field is not None
    assert not (field.hull & field.of(labelmap, "heart", "liver", "aorta")).any()
    assert field.hull[field.lungs].all()
    # Closing may round corners, not invent a lung.
    assert field.volume_ml(field.hull) < 1.15 * field.volume_ml(field.lungs)


@pytest.mark.parametrize("spacing", [(2.5, 1.6, 1.6), (8.0, 2.0, 2.0), (1.0, 3.0, 3.0)])
def test_masks_come_back_to_where_they_were(spacing: tuple[float, float, float]) -> None:
    shape = tuple(round(extent / step) for extent, step in zip((300, 320, 400), spacing, strict=True))
    volume, labelmap = chest_phantom(shape=shape, spacing=spacing)
    field = lung_field(volume, labelmap, 1.0)
    assert field is not None
    ball = (distance_from(volume, (-80.0, 20.0, 20.0)) <= 25) & labelmap.region("lung")
    window, mask = field.on_volume_grid(field.sampled(ball), field.whole)
    np.testing.assert_array_equal(mask, ball[window])
    assert mask.sum() == ball.sum()
    part = (slice(10, 200), slice(5, 120), slice(0, 90))
    window, mask = field.on_volume_grid(field.sampled(ball)[part], part)
    np.testing.assert_array_equal(mask, ball[window])


def test_no_lungs_no_field() -> None:
    volume, labelmap = chest_phantom()
    assert lung_field(volume, replace(labelmap, names={51: "heart"})) is None
