from __future__ import annotations

import numpy as np
import pytest

from ctscribe.anatomy.lesions import KINDS
from ctscribe.ct.volume import canonical_affine
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.figures import lesion_masks, measured_findings
from ctscribe.data.phantom.truth import PhantomFinding

SHAPE, SPACING = (12, 20, 24), (5.0, 2.0, 3.0)
NODULE = PhantomFinding("nodule", ("lung_lower_lobe_left",), "left", {"density": "solid", "margin": "smooth"})
BAND = PhantomFinding("fibrotic_band", ("lung_lower_lobe_left",), "left")
LARGE_HEART = PhantomFinding("cardiomegaly", ("heart",), None, {"severity": "mild"}, {"cardiothoracic_ratio": 0.53})
WHOLE = tuple(slice(0, n) for n in SHAPE)


@pytest.fixture
def canvas() -> Canvas:
    affine = canonical_affine(SPACING, (-7.0, 3.0, -100.0))
    return Canvas(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8), {}, SPACING, affine, "none")


def box(*parts: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[parts] = True
    return mask


def test_figures_are_those_of_the_voxels(canvas):
    mask = box(slice(3, 5), slice(4, 9), slice(10, 17))
    canvas.add(NODULE, WHOLE, mask)
    (finding,) = measured_findings(canvas)
    assert finding.volume_ml == pytest.approx(2 * 5 * 7 * 30 / 1000)
    assert finding.slices == (3, 4)
    corners = [canvas.affine @ (*voxel, 1.0) for voxel in np.argwhere(mask)]
    assert finding.centroid_mm == pytest.approx(np.mean(corners, axis=0)[:3])


def test_what_a_later_finding_covers_is_not_its_own_any_more(canvas):
    canvas.add(BAND, WHOLE, box(slice(2, 6), slice(2, 6), slice(2, 6)))
    canvas.add(NODULE, WHOLE, box(slice(2, 4), slice(2, 6), slice(2, 6)))
    band, nodule = measured_findings(canvas)
    assert (band.slices, nodule.slices) == ((4, 5), (2, 3))
    assert band.volume_ml == nodule.volume_ml == pytest.approx(2 * 4 * 4 * 0.03)


def test_what_nobody_can_see_any_more_is_no_finding(canvas):
    hidden = box(slice(2, 4), slice(2, 4), slice(2, 4))
    canvas.add(BAND, WHOLE, hidden)
    canvas.add(LARGE_HEART)
    canvas.add(NODULE, WHOLE, hidden)
    assert [finding.kind for finding in measured_findings(canvas)] == ["cardiomegaly", "nodule"]


def test_a_label_map_gets_the_masks_it_can_hold(canvas):
    canvas.add(BAND, WHOLE, box(slice(6, 8), slice(2, 6), slice(2, 6)))
    canvas.add(NODULE, WHOLE, box(slice(2, 4), slice(2, 6), slice(2, 6)))
    masks = lesion_masks(canvas.instances, measured_findings(canvas))
    assert tuple(masks) == KINDS
    assert np.array_equal(masks["lung_nodule"], canvas.instances == 2)
    assert not any(mask.any() for kind, mask in masks.items() if kind != "lung_nodule")


def test_a_finding_must_say_all_that_its_kind_has(canvas):
    with pytest.raises(ValueError, match="margin"):
        canvas.add(PhantomFinding("nodule", (), None, {"density": "solid"}), WHOLE, box(slice(0, 1)))
    with pytest.raises(ValueError, match="without a voxel"):
        canvas.add(NODULE, WHOLE, np.zeros(SHAPE, bool))
