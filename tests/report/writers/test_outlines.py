from dataclasses import replace

import numpy as np
import pytest

from ctscribe.report.writers.outlines import SliceAreas, contours, lesion_mask, lesion_of, outer_contours


def polygon_area(curve):
    """Shoelace formula."""
    y, x = curve[:-1].T
    return abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def test_a_contour_encloses_the_area_of_its_mask(rng):
    rows, columns = np.indices((60, 70))
    mask = (rows - 30) ** 2 / 20**2 + (columns - 33) ** 2 / 26**2 <= 1
    (curve,) = contours(mask, tolerance=0.0)
    assert np.allclose(curve[0], curve[-1])
    # Corners are cut by half a pixel's diagonal: an eighth of a pixel each.
    assert polygon_area(curve) == pytest.approx(mask.sum(), rel=0.02)
    (simpler,) = contours(mask)
    assert len(simpler) < len(curve)
    assert polygon_area(simpler) == pytest.approx(mask.sum(), rel=0.03)


def test_a_contour_at_the_border_of_the_slice_is_closed():
    mask = np.zeros((10, 12), dtype=bool)
    mask[:4, :5] = True
    (curve,) = contours(mask)
    assert np.allclose(curve[0], curve[-1])
    assert curve.min() == -0.5
    assert curve[:, 0].max() == 3.5
    assert curve[:, 1].max() == 4.5


def test_two_parts_give_two_contours_longest_first():
    mask = np.zeros((30, 30), dtype=bool)
    mask[2:5, 2:5] = True
    rows, columns = np.indices(mask.shape)
    mask |= (rows - 18) ** 2 + (columns - 18) ** 2 <= 49
    first, second = contours(mask)
    assert polygon_area(first) > polygon_area(second)


def test_the_row_finds_its_lesion_and_no_other(made_case, report):
    for number, entry in enumerate(report.lesions):
        assert lesion_of(entry, made_case) is made_case.lesions[number]
    moved = report.lesions[0].model_copy(update={"centroid_mm": (0.0, 0.0, 0.0)})
    assert lesion_of(moved, made_case) is None


def test_the_lesions_mask_is_its_own_voxels_only(made_case):
    nodule = made_case.lesions[1]
    whole = made_case.labelmap.lesions["lung_nodule"]
    (z0, z1), (y0, y1), (x0, x1) = nodule.box
    assert y1 - y0 >= 5
    alone, crowded = np.zeros_like(whole), np.zeros_like(whole)
    alone[z0 : z1 + 1, y0 : y0 + 4, x0 : x1 + 1] = True
    crowded[z0 : z1 + 1, y1, x0 : x1 + 1] = True  # a neighbour that reaches into the box, a row of air between them
    sliced = replace(nodule, volume_ml=float(alone.sum() * made_case.volume.voxel_ml))
    case = replace(made_case, labelmap=replace(made_case.labelmap, lesions={"lung_nodule": alone | crowded}))
    mask, corner = lesion_mask(sliced, case)
    assert corner == (z0, y0, x0)
    assert np.array_equal(mask, alone[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1])


def test_without_a_mask_of_its_kind_a_lesion_has_no_outline(made_case):
    case = replace(made_case, labelmap=replace(made_case.labelmap, lesions={}))
    assert lesion_mask(made_case.lesions[1], case) is None


def test_areas_are_the_voxels_of_the_union(made_case):
    areas = SliceAreas(made_case)
    mask = made_case.labelmap.mask("heart", "aorta")
    assert np.array_equal(areas.of("heart", "aorta"), mask.sum(axis=(1, 2)))
    assert not areas.of("pancreas").any()


def test_present_structures_come_largest_first(made_case):
    areas = SliceAreas(made_case)
    asked = ("aorta", "pancreas", "heart", "liver", "spinal_cord")
    for k in range(0, made_case.volume.shape[0], 5):
        sizes = {name: int(made_case.labelmap.mask(name)[k].sum()) for name in asked}
        found = areas.present(k, asked)
        assert set(found) == {name for name, size in sizes.items() if size}
        assert [sizes[name] for name in found] == sorted((sizes[name] for name in found), reverse=True)


def test_a_single_voxel_has_a_contour():
    mask = np.zeros((5, 5), dtype=bool)
    mask[2, 3] = True
    (curve,) = contours(mask)
    assert np.allclose(curve.min(axis=0), [1.5, 2.5])
    assert np.allclose(curve.max(axis=0), [2.5, 3.5])


def test_outer_contours_are_exact_until_a_curve_may_not_be_so_long():
    rows, columns = np.indices((50, 50))
    disc = (rows - 25) ** 2 + (columns - 25) ** 2 <= 20**2
    (exact,) = outer_contours(disc, 5000)
    assert np.array_equal(exact, contours(disc, 0.0)[0])
    (coarser,) = outer_contours(disc, len(exact) - 1)
    assert 10 < len(coarser) < len(exact)
    assert outer_contours(disc, 3) == []


def test_a_hole_is_no_second_polygon():
    ring = np.zeros((20, 20), dtype=bool)
    ring[4:16, 4:16] = True
    ring[8:12, 8:12] = False
    assert len(contours(ring)) == 2
    (outer,) = outer_contours(ring, 100)
    assert (outer.min(), outer.max()) == (3.5, 15.5)
