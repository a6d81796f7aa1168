import re

import numpy as np
import pytest

from ctscribe.report.schema import Evidence, Measurement
from ctscribe.report.writers.marks import lesion_marks, lesion_rulers, line_rulers, structure_marks
from ctscribe.report.writers.pictures import Plane, full_box


@pytest.fixture
def plane(made_case):
    nodule = made_case.lesions[1]
    return Plane(made_case.volume, "axial", nodule.key_slice, full_box(*made_case.volume.shape[1:]))


def points_of(mark):
    return np.array([[float(v) for v in re.findall(r"-?[0-9.]+", pair)] for pair in mark.paths[0][1:-1].split("L")])


def test_structures_are_lettered_and_their_labels_lie_on_them(made_case, plane):
    marks = structure_marks(["heart", "lung_lower_lobe_left"], made_case, plane)
    assert [(mark.label, mark.title) for mark in marks] == [("a", "heart"), ("b", "left lower lobe")]
    assert len({mark.style for mark in marks}) == 2
    for mark in marks:
        u, v = mark.at
        y, x = int(v / 5), int(u / 5)
        assert made_case.labelmap.mask(mark.key)[plane.index, y, x]


def test_a_lesions_outline_spans_its_section(made_case, plane):
    nodule = made_case.lesions[1]
    (mark,) = lesion_marks({1: nodule}, made_case, plane)
    assert (mark.key, mark.label) == ("lesion-1", "2")
    section = made_case.labelmap.lesions["lung_nodule"][plane.index]
    rows, columns = np.nonzero(section)
    points = points_of(mark)
    assert points.min(axis=0) == pytest.approx([columns.min() * 5, rows.min() * 5], abs=0.1)
    assert points.max(axis=0) == pytest.approx([(columns.max() + 1) * 5, (rows.max() + 1) * 5], abs=0.1)


def test_a_lesion_elsewhere_is_not_drawn(made_case):
    nodule = made_case.lesions[1]
    above = Plane(made_case.volume, "axial", nodule.slices[1] + 1, full_box(*made_case.volume.shape[1:]))
    assert lesion_marks({1: nodule}, made_case, above) == ()
    assert lesion_rulers({1: nodule}, above) == ()


def test_the_ruler_is_as_long_as_the_diameter_it_names(made_case, plane):
    for row, lesion in enumerate(made_case.lesions):
        (ruler,) = lesion_rulers({row: lesion}, Plane(plane.volume, "axial", lesion.key_slice, plane.box))
        assert np.hypot(*np.subtract(ruler.end, ruler.start)) == pytest.approx(lesion.diameter_mm)
        assert ruler.text == f"{lesion.diameter_mm:.0f} mm"


def test_a_measured_line_runs_between_its_ends_with_the_reports_figure(made_case, plane):
    line = (made_case.volume.position((20, 40, 38)), made_case.volume.position((20, 44, 41)))
    given = Measurement(name="d", value=7.46, unit="mm", method="m")
    evidence = Evidence(structures=("aorta",), line_mm=line, measurements=(given,), source="s")
    (ruler,) = line_rulers([evidence, evidence], plane)
    assert (ruler.start, ruler.end) == ((192.5, 202.5), (207.5, 222.5))
    assert ruler.text == "7.5 mm"
    (bare,) = line_rulers([evidence.model_copy(update={"measurements": ()})], plane)
    assert bare.text == "25 mm"
