import numpy as np
import pytest

from ctscribe.anatomy.biomarkers.heart import cardiothoracic_ratio
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.cardiomegaly import draw_cardiomegaly, measured_ratio
from ctscribe.data.phantom.level import LEVELS

NAMES = {51: "heart", **dict(enumerate(LOBES, 10))}
SPACING = (5.0, 3.0, 3.0)


def chest(heart: int) -> Canvas:
    """Lungs 100 voxels wide, with a heart of so many between them."""
    labels = np.zeros((20, 40, 120), np.uint8)
    for label in range(10, 15):
        labels[2 + label - 10 : 14 + label - 10, 10:30, 10:110] = label
    labels[5:10, 12:25, 60 - heart // 2 : 60 - heart // 2 + heart] = 51
    hu = np.where(labels == 51, 40, -850).astype(np.float32)
    return Canvas(hu, labels, NAMES, SPACING, canonical_affine(SPACING), "none")


@pytest.mark.parametrize(("width", "severity"), [(51, "mild"), (54, "mild"), (55, "moderate"), (62, "severe")])
def test_a_large_heart_is_told_with_its_ratio(width: int, severity: str, rng: np.random.Generator) -> None:
    canvas = chest(width)
    before = canvas.hu.copy()
    draw_cardiomegaly(canvas, LEVELS["standard"], rng)
    (finding,) = canvas.findings
    assert (finding.kind, finding.structures, finding.number) == ("cardiomegaly", ("heart",), 0)
    assert finding.attributes == {"severity": severity}
    assert finding.measures["cardiothoracic_ratio"] == pytest.approx(width / 100)
    assert (canvas.hu == before).all()
    assert not canvas.instances.any()


@pytest.mark.parametrize("width", [30, 50])
def test_half_the_chest_and_less_is_normal(width: int, rng: np.random.Generator) -> None:
    canvas = chest(width)
    draw_cardiomegaly(canvas, LEVELS["easy"], rng)
    assert not canvas.findings


def test_the_ratio_is_the_biomarker_s() -> None:
    canvas = chest(47)
    labelmap = LabelMap(canvas.labels, canvas.names, canvas.affine, "test")
    assert measured_ratio(canvas) == cardiothoracic_ratio(Scan(CTVolume(canvas.hu, canvas.affine), labelmap)).value


def test_without_a_heart_nothing_is_told(rng: np.random.Generator) -> None:
    canvas = chest(60)
    canvas.labels[canvas.labels == 51] = 0
    draw_cardiomegaly(canvas, LEVELS["easy"], rng)
    assert measured_ratio(canvas) is None
    assert not canvas.findings
