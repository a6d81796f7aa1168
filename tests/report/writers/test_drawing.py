from dataclasses import replace

import numpy as np
import pytest

from ctscribe.report.writers.drawing import draw_figures, draw_overview, shown_box
from ctscribe.report.writers.key_slices import choose_key_slices
from ctscribe.report.writers.outlines import SliceAreas


@pytest.fixture(scope="module")
def figures(report, made_case):
    areas = SliceAreas(made_case)
    return draw_figures(report, made_case, choose_key_slices(report, made_case, areas), areas)


def test_the_box_holds_what_is_segmented_with_a_margin(made_case):
    (top, bottom), (left, right) = shown_box(made_case)
    _, y, x = np.nonzero(made_case.labelmap.labels)
    assert (top, bottom) == (max(0, y.min() - 5), min(64, y.max() + 6))  # 25 mm are 5 voxels
    assert (left, right) == (max(0, x.min() - 5), min(80, x.max() + 6))


def test_without_a_label_map_the_whole_slice_is_shown(made_case):
    empty = replace(made_case.labelmap, labels=np.zeros_like(made_case.labelmap.labels))
    assert shown_box(replace(made_case, labelmap=empty)) == ((0, 64), (0, 80))


def test_slices_are_counted_from_the_head(figures, made_case):
    for figure in figures:
        k = figure.key_slice.k
        assert figure.title == f"Slice {40 - k} of 40"
        z = made_case.volume.position((k, 0, 0))[2]
        assert float(figure.position.split()[2].replace("−", "-")) == pytest.approx(z, abs=0.05)


def test_a_close_up_shows_the_lesion_larger_and_whole(figures, made_case):
    nodule = made_case.lesions[1]
    figure = next(figure for figure in figures if figure.key_slice.k == nodule.key_slice)
    close = figure.close_up
    assert close.plane.width_mm < figure.panel.plane.width_mm / 2
    (top, bottom), (left, right) = close.plane.box
    _, rows, columns = nodule.box
    assert top <= rows[0] <= rows[1] < bottom
    assert left <= columns[0] <= columns[1] < right
    assert [ruler.text for ruler in close.rulers] == ["30 mm"]
    assert figure.panel.rulers == ()


def test_the_overview_has_a_line_at_every_figure_and_the_lesions_silhouettes(figures, report, made_case):
    overview = draw_overview(report, made_case, figures)
    assert overview.panel.plane.orientation == "coronal"
    for figure, (number, v) in zip(figures, overview.lines, strict=True):
        assert number == figure.number
        assert v == pytest.approx((40 - figure.key_slice.k - 0.5) * 8)
    assert {mark.key for mark in overview.panel.marks} == {"lesion-0", "lesion-1"}
