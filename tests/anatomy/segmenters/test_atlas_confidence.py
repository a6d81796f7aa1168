import numpy as np
import pytest
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.confidence import Fit, measure_fit
from ctscribe.anatomy.segmenters.atlas.packaged import load_atlas
from ctscribe.anatomy.segmenters.atlas.registration import reference
from ctscribe.anatomy.segmenters.atlas.warping import Mapping


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (Fit(0.9, 0.9, 4000.0), None),
        (Fit(0.9, 0.9, 80.0), "80 mL"),
        (Fit(0.9, 0.3, 4000.0), "0.30"),
        (Fit(0.1, 0.9, 4000.0), "0.10"),
    ],
)
def test_objections_name_the_figure(fit: Fit, says: str | None) -> None:
    objection = fit.objection()
    assert objection is None if says is None else says in (objection or "")


def test_the_atlas_fits_itself_and_less_so_when_moved() -> None:
    atlas = load_atlas()
    hu = atlas.ct.astype(np.float32)
    same = Mapping(np.eye(3, 4), np.zeros((3, *hu.shape), dtype=np.float32), 3.0)
    carried = same.carry_labels(atlas.labels, hu.shape, 3.0)
    fit = measure_fit(hu, reference().lungs, same, carried)
    assert fit.similarity > 0.99
    assert fit.lung_overlap > 0.93
    moved = np.roll(hu, 12, axis=2)
    worse = measure_fit(moved, np.roll(reference().lungs, 12, axis=2), same, carried)
    assert worse.similarity < fit.similarity - 0.3
    assert worse.lung_overlap < fit.lung_overlap - 0.1
    filled = ndimage.binary_closing(reference().lungs, iterations=2).sum() * 27 / 1000
    assert 0.9 < fit.lung_ml / filled < 1.0
